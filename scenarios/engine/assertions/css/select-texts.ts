import { createRequire } from 'node:module';
import type { Exchange } from '../../exchange.ts';
import { DEEPEST, documentText, isXml, Steps, TOO_DEEP, whyNot } from '../documents.ts';

type Html = typeof import('htmlparser2');
type Css = typeof import('css-select');
type Document = ReturnType<Html['parseDocument']>;
type Node = Document['childNodes'][number];

// Only files that use them pay for loading them, and they do while they are parsed. The parser is lenient and takes
// linear time; one as browsers have it takes seconds for some nestings, which the watched service decides.
const require = createRequire(import.meta.url);
const html = () => require('htmlparser2') as Html;
const css = () => require('css-select') as Css;

/** Of all selectors on one body: some 100 ms at worst, on the thread that schedules and pages. */
const MOST_STEPS = 2_000_000;

/** Several assertions look at one body. */
const documents = new WeakMap<Exchange, { readonly document: Document; readonly steps: Steps }>();

/** Why a selector, with or without `@attribute`, is none; null when it is one. */
export function selectorProblem(selector: string): string | null {
  const { elements } = parts(selector);
  if (elements === '') return 'it is empty';
  if (elements.length > 1_000) return 'it is longer than 1,000 characters';
  try {
    css().compile(elements);
    return null;
  } catch (error) {
    return whyNot(error);
  }
}

/** Texts of the selected elements, or of their attribute where they have it. */
export function selectTexts(selector: string, exchange: Exchange): { texts: string[] } | { error: string } {
  const { elements, attribute } = parts(selector);
  const body = documentText(exchange.response);
  if ('error' in body) return body;
  try {
    const { document, steps } = documentOf(exchange, body.text);
    const xmlMode = isXml(exchange.response);
    const found = css().selectAll<Node, Element>(elements, document, { adapter: counting(steps), xmlMode });
    const texts: string[] = [];
    for (const element of found) {
      const text = attribute === null ? shown(textOf(element, steps)) : element.attribs[attribute];
      if (text !== undefined) texts.push(text);
    }
    return { texts };
  } catch (error) {
    return { error: whyNot(error) };
  }
}

type Element = Extract<Node, { attribs: unknown }>;

function documentOf(exchange: Exchange, text: string): { document: Document; steps: Steps } {
  const known = documents.get(exchange);
  if (known) return known;
  const xmlMode = isXml(exchange.response);
  if (xmlMode && /^\s*[[{"]/.test(text.slice(0, 1_000))) throw new Error('the body is no document but JSON');
  const document = html().parseDocument(text, { xmlMode, decodeEntities: true });
  if (depthOf(document) > DEEPEST) throw new Error(TOO_DEEP);
  const made = { document, steps: new Steps(MOST_STEPS) };
  documents.set(exchange, made);
  return made;
}

/** Walked without recursion. */
function depthOf(document: Document): number {
  let deepest = 0;
  let level: Node[] = [...document.childNodes];
  while (level.length > 0 && deepest <= DEEPEST) {
    level = level.flatMap((node) => ('childNodes' in node ? (node.childNodes as Node[]) : []));
    deepest++;
  }
  return deepest;
}

/** The tree as the library walks it, every step counted: some selectors compare all siblings with each other. */
function counting(steps: Steps) {
  const tree = html().DomUtils;
  const counted =
    <Result>(test: (element: Element) => Result) =>
    (element: Element): Result => {
      steps.take();
      return test(element);
    };
  return {
    ...tree,
    isTag(node: Node): node is Element {
      steps.take();
      return tree.isTag(node);
    },
    getChildren(node: Node): Node[] {
      steps.take();
      return tree.getChildren(node) as Node[];
    },
    getSiblings(node: Node): Node[] {
      steps.take();
      return tree.getSiblings(node) as Node[];
    },
    getText: (node: Node) => textOf(node, steps),
    existsOne: (test: (element: Element) => boolean, nodes: Node[]) =>
      tree.existsOne(counted(test) as never, nodes as never),
    findAll: (test: (element: Element) => boolean, nodes: Node[]) =>
      tree.findAll(counted(test) as never, nodes as never) as Element[],
    findOne: (test: (element: Element) => boolean, nodes: Node[]) =>
      tree.findOne(counted(test) as never, nodes as never) as Element | null,
  };
}

/** Scripts and styles are no text of a page. */
function textOf(node: Node, steps: Steps): string {
  steps.take();
  if ('data' in node) return node.type === 'text' ? node.data : '';
  if (!('childNodes' in node) || node.type === 'script' || node.type === 'style') return '';
  return (node.childNodes as Node[]).map((child) => textOf(child, steps)).join('');
}

/** `a.next@href`: an @ in brackets or quotes belongs to the selector. */
function parts(selector: string): { elements: string; attribute: string | null } {
  const found = /^(.*[^\s])\s*@([A-Za-z_:][-\w:.]*)\s*$/s.exec(selector);
  return found ? { elements: found[1]!, attribute: found[2]! } : { elements: selector.trim(), attribute: null };
}

function shown(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
