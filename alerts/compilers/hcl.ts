/** An expression as it stands, such as `aws_sns_topic.ringdown.arn`. */
export class Reference {
  readonly expression: string;

  constructor(expression: string) {
    this.expression = expression;
  }
}

export type HclValue =
  | string
  | number
  | boolean
  | Reference
  | readonly HclValue[]
  | { readonly [key: string]: HclValue };

/** A block of Terraform's language: attributes first, blocks after them. */
export interface HclBlock {
  type: string;
  labels?: readonly string[];
  /** What stands above it. */
  comments?: readonly string[];
  attributes?: Readonly<Record<string, HclValue>>;
  blocks?: readonly HclBlock[];
}

/** Laid out as `terraform fmt` does. @see https://developer.hashicorp.com/terraform/language/syntax/configuration */
export function hclFile(comment: string, blocks: readonly HclBlock[]): string {
  return `${[`# ${comment}`, ...blocks.map((block) => blockText(block, ''))].join('\n\n')}\n`;
}

function blockText(
  { type, labels = [], comments = [], attributes = {}, blocks = [] }: HclBlock,
  indent: string,
): string {
  const head = [type, ...labels.map((label) => JSON.stringify(label))].join(' ');
  const inner = `${indent}  `;
  const body = [
    ...attributesText(attributes, inner),
    ...blocks.flatMap((block, index) => [
      ...(index > 0 || Object.keys(attributes).length > 0 ? [''] : []),
      blockText(block, inner),
    ]),
  ];
  return [
    ...comments.map((line) => `${indent}# ${line.replaceAll(/[\r\n]+/g, ' ')}`),
    `${indent}${head} {`,
    ...body,
    `${indent}}`,
  ].join('\n');
}

/** Equal signs of neighbours stand under each other; an object of several lines has none. */
function attributesText(attributes: Readonly<Record<string, HclValue>>, indent: string): string[] {
  const entries = Object.entries(attributes);
  const isWide = (value: HclValue) =>
    typeof value === 'object' && !(value instanceof Reference) && !Array.isArray(value);
  const groups: [string, HclValue][][] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && !isWide(entry[1]) && !isWide(last.at(-1)![1])) last.push(entry);
    else groups.push([entry]);
  }
  return groups.flatMap((group) => {
    const width = Math.max(...group.map(([key]) => key.length));
    return group.map(([key, value]) => `${indent}${key.padEnd(width)} = ${valueText(value, indent)}`);
  });
}

function valueText(value: HclValue, indent: string): string {
  if (value instanceof Reference) return value.expression;
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, indent)).join(', ')}]`;
  const entries = Object.entries(value as Record<string, HclValue>).map(
    ([key, item]) => [/^[A-Za-z_][\w-]*$/.test(key) ? key : quoted(key), item] as const,
  );
  const width = Math.max(0, ...entries.map(([key]) => key.length));
  const lines = entries.map(([key, item]) => `${indent}  ${key.padEnd(width)} = ${valueText(item, `${indent}  `)}`);
  return lines.length === 0 ? '{}' : ['{', ...lines, `${indent}}`].join('\n');
}

/** Nothing in it is a template. */
function quoted(text: string): string {
  const escaped = text.replace(
    /[\\"\n\r\t]/g,
    (character) => ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' })[character] ?? `\\${character}`,
  );
  return `"${escaped.replaceAll('${', () => '$${').replaceAll('%{', '%%{')}"`;
}

/** A name of a resource. */
export function resourceName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}
