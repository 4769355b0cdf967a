import type { EvidenceBody } from '../../run-result.ts';
import type { Line } from './line-diff.ts';

/** A line and the place of its value, array positions left out so that every element of a list counts as one field. */
interface Placed {
  text: string;
  path: string;
  scalar: boolean;
}

/** Fields whose values differ between passing runs, by path. */
export type VaryingFields = ReadonlySet<string>;

/** The body as lines: pretty-printed where it is JSON. */
export function bodyLines(body: EvidenceBody | null, varying: VaryingFields): Line[] {
  return placed(body).map(({ text, path, scalar }) => {
    const varies = scalar && varying.has(path);
    const indent = /^\s*/.exec(text)![0].length;
    return { text, varies, token: varies ? `\0${indent}${path}` : text };
  });
}

/** Fields that are not the same in all of the given bodies, which are those of one step in several passing runs. */
export function varyingFields(bodies: readonly (EvidenceBody | null)[]): VaryingFields {
  const seen = new Map<string, string>();
  const varying = new Set<string>();
  bodies.forEach((body) => {
    const mine = new Map<string, string[]>();
    for (const { text, path, scalar } of placed(body)) {
      if (!scalar) continue;
      const value = text.replace(/,$/, '');
      const values = mine.get(path);
      if (values) values.push(value);
      else mine.set(path, [value]);
    }
    for (const [path, values] of mine) {
      const value = values.join('\n');
      const before = seen.get(path);
      if (before === undefined) seen.set(path, value);
      else if (before !== value) varying.add(path);
    }
  });
  return varying;
}

function placed(body: EvidenceBody | null): Placed[] {
  if (!body || body.text === '') return [];
  const parsed = parse(body);
  if (parsed === undefined) {
    return body.text.split(/\r?\n/).map((text, index) => ({ text, path: `line ${index + 1}`, scalar: true }));
  }
  const lines: Placed[] = [];
  print(lines, parsed.json, '$', '', '', '');
  return lines;
}

const DEEPEST = 100;

function parse(body: EvidenceBody): { json: unknown } | undefined {
  if (body.truncated || depthOf(body.text) > DEEPEST) return undefined;
  try {
    return { json: JSON.parse(body.text) };
  } catch {
    return undefined;
  }
}

/** An upper bound of the nesting; brackets inside strings count too, which hurts nobody. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[{\]}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function print(lines: Placed[], value: unknown, path: string, indent: string, label: string, comma: string): void {
  const list = Array.isArray(value);
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
    lines.push({ text: `${indent}${label}${JSON.stringify(value)}${comma}`, path, scalar: true });
    return;
  }
  lines.push({ text: `${indent}${label}${list ? '[' : '{'}`, path, scalar: false });
  const entries = Object.entries(value);
  entries.forEach(([key, inner], index) => {
    const after = index < entries.length - 1 ? ',' : '';
    const place = list ? `${path}[*]` : `${path}.${key}`;
    print(lines, inner, place, `${indent}  `, list ? '' : `${JSON.stringify(key)}: `, after);
  });
  lines.push({ text: `${indent}${list ? ']' : '}'}${comma}`, path, scalar: false });
}
