import { createRequire } from 'node:module';
import { isTooDeep, type Steps, TOO_DEEP } from '../documents.ts';
import { type NodeFacts, Tree, TreeNode } from './tree.ts';

// Only files that use them pay for loading them, and they do while they are parsed.
const require = createRequire(import.meta.url);

interface Reader<Node> {
  facts(node: Node): NodeFacts;
  /** Attributes come before children in document order (XPath 1.0 §5). */
  attributes(node: Node): readonly NodeFacts[];
  children(node: Node): readonly Node[];
}

/** Reads XML. Throws what is not well-formed; entities other than those of XML itself are not, so that none can grow. */
export function readXml(text: string, steps: Steps): Tree {
  if (isTooDeep(text)) throw new Error(TOO_DEEP);
  const { DOMParser } = require('@xmldom/xmldom') as typeof import('@xmldom/xmldom');
  let problem: string | undefined;
  const onError = (level: string, message: string) => {
    if (level === 'warning') return;
    problem ??= message;
    throw new Error(message);
  };
  try {
    return copy(new DOMParser({ onError, locator: false }).parseFromString(text, 'text/xml'), XML, steps);
  } catch (error) {
    throw problem === undefined ? error : new Error(`it is no well-formed XML: ${problem}`);
  }
}

/** Reads HTML leniently; names in lower case, in no namespace. */
export function readHtml(text: string, steps: Steps): Tree {
  const { parseDocument } = require('htmlparser2') as typeof import('htmlparser2');
  return copy(parseDocument(text), HTML, steps);
}

type XmlNode = import('@xmldom/xmldom').Node;

const XML: Reader<XmlNode> = {
  facts: (node) => ({
    type: node.nodeType,
    name: node.nodeName,
    value: node.nodeValue,
    prefix: (node as { prefix?: string | null }).prefix ?? null,
    localName: node.localName ?? null,
    namespace: node.namespaceURI ?? null,
  }),
  attributes(node) {
    const { attributes } = node as { attributes?: { length: number; item(index: number): XmlNode | null } | null };
    return Array.from({ length: attributes?.length ?? 0 }, (_, index) => XML.facts(attributes!.item(index)!));
  },
  children(node) {
    const found: XmlNode[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
    return found;
  },
};

type HtmlDocument = ReturnType<typeof import('htmlparser2').parseDocument>;
type HtmlNode = HtmlDocument | HtmlDocument['childNodes'][number];

const HTML: Reader<HtmlNode> = {
  facts(node) {
    const plain = { value: null, prefix: null, namespace: null };
    if ('attribs' in node) return { ...plain, type: 1, name: node.name, localName: node.name };
    if (node.type === 'text') return { ...plain, type: 3, name: '#text', value: node.data, localName: null };
    if ('data' in node) return { ...plain, type: 8, name: '#comment', value: node.data, localName: null };
    return { ...plain, type: node.type === 'root' ? 9 : 4, name: node.type, localName: null };
  },
  attributes: (node) =>
    'attribs' in node
      ? Object.entries(node.attribs).map(([name, value]) => ({
          type: 2,
          name,
          value,
          prefix: null,
          localName: name,
          namespace: null,
        }))
      : [],
  children: (node) => ('childNodes' in node ? (node.childNodes as HtmlNode[]) : []),
};

function copy<Node>(document: Node, reader: Reader<Node>, steps: Steps): Tree {
  const tree = new Tree(steps);
  const root = new TreeNode(reader.facts(document), tree);
  tree.root = root;
  // Without recursion: HTML nests as deeply as the service likes.
  const waiting: { from: Node; parent: TreeNode }[] = [...reader.children(document)]
    .reverse()
    .map((from) => ({ from, parent: root }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { from, parent } = next;
    const facts = reader.facts(from);
    const node = new TreeNode(facts, tree);
    parent.append(node);
    if (parent === root && facts.type === 1) root.documentElement = node;
    for (const one of reader.attributes(from)) {
      const attribute = new TreeNode(one, tree);
      attribute.ownerElement = node;
      node.attributes.push(attribute);
    }
    const children = reader.children(from);
    for (let index = children.length - 1; index >= 0; index--) waiting.push({ from: children[index]!, parent: node });
  }
  return tree;
}
