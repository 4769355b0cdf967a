import { Document, isMap, isScalar, isSeq, type Node, Scalar, visit, type YAMLMap } from 'yaml';
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

const WIDEST_FLOW = 60;

/** Prints a scenario as a person would write it: block style, small conditions on one line, quotes where YAML needs them. */
export function printDraft({ written, head, comments }: Printable): string {
  const doc = new Document(written, { aliasDuplicateObjects: false });
  visit(doc, {
    Map(_, node) {
      if (isSmall(node)) node.flow = true;
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

/** One key with a plain value, such as { contains: json }. */
function isSmall(node: YAMLMap): boolean {
  const [only, second] = node.items;
  if (!only || second) return false;
  const { value } = only;
  if (isSeq(value)) return value.items.every(isScalar) && width(node) <= WIDEST_FLOW;
  if (isMap(value)) return false;
  return (
    isScalar(value) && !(typeof value.value === 'string' && value.value.includes('\n')) && width(node) <= WIDEST_FLOW
  );
}

const width = (node: YAMLMap) => JSON.stringify(node.toJSON()).length;
