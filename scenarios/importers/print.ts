import { Document, isPair, isScalar, isSeq, type Node, Scalar, visit, type YAMLMap } from 'yaml';
import type { Omission } from './draft.ts';
import { oneLine } from './names.ts';

/** A scenario in its written form, with what stands above its steps. */
export interface Printable {
  readonly written: Readonly<Record<string, unknown>>;
  /** Comment lines at the head of the file. */
  readonly head: readonly string[];
  /** Omissions by section and index of the step. */
  readonly comments: ReadonlyMap<string, readonly Omission[]>;
}

const WIDEST_FLOW = 72;

/** Prints a scenario as a person would write it: block style, small conditions on one line, quotes where YAML needs them. */
export function printDraft({ written, head, comments }: Printable): string {
  const doc = new Document(written, { aliasDuplicateObjects: false });
  visit(doc, {
    Map(_, node, path) {
      if (isSmall(node, keysOf(path))) node.flow = true;
    },
    Seq(_, node) {
      if (node.items.every(isScalar) && JSON.stringify(node.toJSON()).length <= WIDEST_FLOW) node.flow = true;
    },
    // YAML 1.1 readers take these for booleans; an editor of another make may be one.
    Scalar(key, node) {
      if (key !== 'key' && typeof node.value === 'string' && /^(y|n|yes|no|on|off)$/i.test(node.value))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  for (const [place, omissions] of comments) {
    const [section, index] = place.split('.');
    const step = doc.getIn([section, Number(index)], true) as Node | undefined;
    if (step) step.commentBefore = omissions.flatMap((omission) => commentLines(omission)).join('\n');
  }
  const body = doc.toString({ lineWidth: 0, minContentWidth: 0 });
  return `${head.map((line) => `# ${oneLine(line, 300)}\n`).join('')}${body}`;
}

function commentLines({ what, why, instead }: Omission): string[] {
  return [` not carried over: ${oneLine(what, 200)}`, `   ${oneLine(`${why}; ${instead}`, 300)}`];
}

/** What holds names and values of a document: one a line, as there can always be one more. */
const LISTS = [
  'query',
  'headers',
  'form',
  'multipart',
  'variables',
  'jsonpath',
  'header',
  'capture',
  'message',
  'metadata',
];

/** A few plain values, such as { contains: json } or { method: GET, url: /v1/posts }. */
function isSmall(node: YAMLMap, keys: readonly string[]): boolean {
  const last = keys.at(-1) ?? '';
  if (keys.length === 0 || keys.includes('json') || (LISTS.includes(last) && node.items.length > 1)) return false;
  if (['steps', 'before', 'after', 'always'].includes(last)) return false;
  return (
    node.items.every(({ value }) => isPlain(value) || (isSeq(value) && value.items.every(isPlain))) &&
    width(node) <= WIDEST_FLOW
  );
}

const isPlain = (value: unknown) => isScalar(value) && !(typeof value.value === 'string' && value.value.includes('\n'));

const width = (node: YAMLMap) => JSON.stringify(node.toJSON()).length;

/** The keys that lead to a node, outermost first. */
function keysOf(path: readonly unknown[]): string[] {
  return path.flatMap((ancestor) => (isPair(ancestor) && isScalar(ancestor.key) ? [String(ancestor.key.value)] : []));
}
