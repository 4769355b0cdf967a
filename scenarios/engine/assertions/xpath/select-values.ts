import { createRequire } from 'node:module';
import type { Exchange } from '../../exchange.ts';
import { documentText, isXml, Steps, whyNot } from '../documents.ts';
import { readHtml, readXml } from './read-document.ts';
import type { Tree, TreeNode } from './tree.ts';

/** The part of the library that is used here; its own types bring the whole DOM of a browser along. */
interface XPathLibrary {
  parse(expression: string): { evaluate(options: EvaluateOptions): XNumber | XString | XBoolean | NodeSet };
}
interface EvaluateOptions {
  node: TreeNode;
  namespaces: (prefix: string) => string | undefined;
  allowAnyNamespaceForNoPrefix: boolean;
  isHtml: boolean;
}
interface XNumber {
  readonly num: number;
}
interface XString {
  readonly str: string;
}
interface XBoolean {
  readonly b: boolean;
}
interface NodeSet {
  toArray(): TreeNode[];
}

type Found =
  | { readonly values: readonly unknown[] }
  /** Of a function or a calculation: one value that is no node. */
  | { readonly values: readonly unknown[]; readonly computed: true }
  | { readonly error: string };

interface Document {
  readonly tree: Tree;
  readonly isHtml: boolean;
  readonly namespaces: ReadonlyMap<string, string>;
}

const require = createRequire(import.meta.url);
const xpath = () => require('xpath') as XPathLibrary;

/** Several assertions look at one body. */
const documents = new WeakMap<Exchange, Document>();
const LONGEST_EXPRESSION = 1_000;
/** Of all expressions on one body: some 200 ms at worst, on the thread that schedules and pages. */
const MOST_STEPS = 500_000;

/** Why an expression is none; null when it is one. Prefixes are those of a document and cannot be known. */
export function expressionProblem(expression: string): string | null {
  if (expression.length > LONGEST_EXPRESSION) return `it is longer than ${LONGEST_EXPRESSION} characters`;
  const tree = readHtml('<a></a>', new Steps(MOST_STEPS));
  try {
    evaluate(expression, { tree, isHtml: true, namespaces: new Map() }, () => 'any');
    return null;
  } catch (error) {
    return whyNot(error);
  }
}

/** The values of an expression: texts of the selected nodes, or what it computes. */
export function selectValues(expression: string, exchange: Exchange): Found {
  if (expression.length > LONGEST_EXPRESSION) return { error: 'the expression is too long' };
  const body = documentText(exchange.response);
  if ('error' in body) return body;
  try {
    const document = documentOf(exchange, body.text);
    const result = evaluate(expression, document, (prefix) => document.namespaces.get(prefix));
    if ('toArray' in result) return { values: result.toArray().map((node) => node.textContent) };
    const value = 'num' in result ? result.num : 'b' in result ? result.b : result.str;
    return { values: [value], computed: true };
  } catch (error) {
    return { error: whyNot(error) };
  }
}

function evaluate(expression: string, { tree, isHtml }: Document, namespaces: EvaluateOptions['namespaces']) {
  const node = tree.root!;
  return xpath().parse(expression).evaluate({ node, namespaces, allowAnyNamespaceForNoPrefix: true, isHtml });
}

function documentOf(exchange: Exchange, text: string): Document {
  const known = documents.get(exchange);
  if (known) return known;
  const isHtml = !isXml(exchange.response);
  const steps = new Steps(MOST_STEPS);
  const prefixes = text.matchAll(/\sxmlns:([\w.-]+)\s*=\s*["']([^"']*)["']/g);
  const made: Document = {
    tree: isHtml ? readHtml(text, steps) : readXml(text, steps),
    isHtml,
    namespaces: new Map(Array.from(prefixes, ([, prefix, uri]) => [prefix!, uri!])),
  };
  documents.set(exchange, made);
  return made;
}
