/** What a script looks at in a response. */
export type Subject =
  | { readonly from: 'status' | 'body' | 'time' | 'size' }
  | { readonly from: 'header' | 'cookie'; readonly name: string }
  | { readonly from: 'json'; readonly path: readonly (string | number)[] };

/** What an expression of a script stands for; null for what a scenario cannot say. */
export type Value =
  | { readonly kind: 'constant'; readonly value: unknown }
  /** A text of a scenario with templates in it. */
  | { readonly kind: 'template'; readonly text: string }
  | { readonly kind: 'subject'; readonly subject: Subject }
  | { readonly kind: 'count'; readonly subject: Subject }
  | { readonly kind: 'type'; readonly subject: Subject }
  /** Where a text stands in another; -1 means nowhere. */
  | { readonly kind: 'position'; readonly subject: Subject; readonly of: unknown }
  | { readonly kind: 'claims'; readonly claims: readonly Claim[] }
  | null;

export type Condition = Readonly<Record<string, unknown>>;

/** Something that a script demands. */
export interface Claim {
  readonly subject: Subject;
  readonly condition: Condition;
}

/** Every entry of a list. */
export const EVERY = '*';

export function jsonPath(path: readonly (string | number)[]): string {
  return `$${path
    .map((key) =>
      key === EVERY || typeof key === 'number' ? `[${key}]` : /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : quotedKey(key),
    )
    .join('')}`;
}

/** RFC 9535 §2.3.1: a name selector in single quotes. */
function quotedKey(key: string): string {
  return `['${key.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}']`;
}

/** A second way to write a path, where a mapping has the first already. */
export function otherSpelling(path: string): string | null {
  const spelled = path.replace(/\.([A-Za-z_]\w*)$/, "['$1']");
  return spelled === path ? null : spelled;
}
