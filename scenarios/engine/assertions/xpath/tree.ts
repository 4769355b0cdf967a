import type { Steps } from '../documents.ts';

/** What a node of any parser says about itself. */
export interface NodeFacts {
  /** DOM: 1 element, 2 attribute, 3 text, 4 CDATA, 7 instruction, 8 comment, 9 document. */
  readonly type: number;
  readonly name: string;
  readonly value: string | null;
  readonly prefix: string | null;
  readonly localName: string | null;
  readonly namespace: string | null;
}

const TEXTUAL = [3, 4];

/**
 * A node as the XPath library walks it: read-only, numbered in document order so that two are compared in one step, and
 * counting every step that leads from it.
 */
export class TreeNode {
  readonly #tree: Tree;
  readonly #type: number;
  readonly #order: number;
  #next: TreeNode | null = null;

  readonly nodeName: string;
  readonly nodeValue: string | null;
  readonly localName: string | null;
  readonly prefix: string | null;
  readonly namespaceURI: string | null;
  readonly target: string | null;
  readonly childNodes: TreeNode[] = [];
  readonly attributes: TreeNode[] & { item(index: number): TreeNode | null };
  parentNode: TreeNode | null = null;
  ownerElement: TreeNode | null = null;
  documentElement: TreeNode | null = null;
  previousSibling: TreeNode | null = null;

  constructor(facts: NodeFacts, tree: Tree) {
    this.#tree = tree;
    this.#type = facts.type;
    this.#order = tree.size++;
    this.nodeName = facts.name;
    this.nodeValue = facts.value;
    this.localName = facts.localName;
    this.prefix = facts.prefix;
    this.namespaceURI = facts.namespace;
    this.target = facts.type === 7 ? facts.name : null;
    const list: TreeNode[] = [];
    this.attributes = Object.assign(list, { item: (index: number) => list[index] ?? null });
  }

  get nodeType(): number {
    this.#tree.steps.take();
    return this.#type;
  }

  get ownerDocument(): TreeNode | null {
    return this.#tree.root;
  }

  get firstChild(): TreeNode | null {
    this.#tree.steps.take();
    return this.childNodes[0] ?? null;
  }

  get nextSibling(): TreeNode | null {
    this.#tree.steps.take();
    return this.#next;
  }

  /** The value of what has one, or else the text inside. */
  get textContent(): string {
    this.#tree.steps.take();
    if (this.nodeValue !== null) return this.nodeValue;
    return this.childNodes
      .filter((child) => TEXTUAL.includes(child.#type) || child.nodeValue === null)
      .map((child) => child.textContent)
      .join('');
  }

  /** DOM: 2 when the other one precedes this one, 4 when it follows. */
  compareDocumentPosition(other: TreeNode): number {
    this.#tree.steps.take();
    return other === this ? 0 : other.#order < this.#order ? 2 : 4;
  }

  append(child: TreeNode): void {
    const last = this.childNodes.at(-1) ?? null;
    if (last) last.#next = child;
    child.previousSibling = last;
    child.parentNode = this;
    this.childNodes.push(child);
  }
}

/** A whole document, and the steps that all evaluations together may take in it. */
export class Tree {
  readonly steps: Steps;
  size = 0;
  root: TreeNode | null = null;

  constructor(steps: Steps) {
    this.steps = steps;
  }
}
