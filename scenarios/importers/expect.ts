import { isMapping } from '../language/written.ts';

/** Collects what a document expects, one operator after the other, in the written form of `expect`. */
export class Expect {
  readonly #written: Record<string, unknown> = {};

  /**
   * @param kind `status`, `body`, `duration`, …
   * @param name of a header, a JSONPath, …; null for kinds that have one value
   * @returns false when it cannot stand beside what is expected already
   */
  add(kind: string, name: string | null, condition: Readonly<Record<string, unknown>>): boolean {
    if (name === null) {
      const known = this.#written[kind];
      const merged = merge(known, condition);
      if (merged === null) {
        const { contains } = condition;
        if (kind !== 'body' || typeof contains !== 'string' || contains.includes('{{')) return false;
        return this.add('regex', contains.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'), { exists: true });
      }
      this.#written[kind] = kind === 'duration' || kind === 'certificate' ? merged : short(merged);
      return true;
    }
    const spec = (this.#written[kind] ?? {}) as Record<string, unknown>;
    const merged = merge(spec[name], condition);
    if (merged === null) return false;
    this.#written[kind] = { ...spec, [name]: short(merged) };
    return true;
  }

  /** Undefined when nothing is expected. */
  written(): Record<string, unknown> | undefined {
    const { status } = this.#written;
    const codes =
      typeof status === 'object' && status !== null && 'one_of' in status && Object.keys(status).length === 1;
    const written = codes ? { ...this.#written, status: status.one_of } : this.#written;
    return Object.keys(written).length > 0 ? written : undefined;
  }
}

function merge(known: unknown, condition: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  if (known === undefined) return { ...condition };
  const conditions = isMapping(known) ? known : { equals: known };
  for (const [operator, operand] of Object.entries(condition))
    if (Object.hasOwn(conditions, operator) && JSON.stringify(conditions[operator]) !== JSON.stringify(operand))
      return null;
  return { ...conditions, ...condition };
}

/** `hello` for `{ equals: hello }`. */
function short(condition: Record<string, unknown>): unknown {
  const { equals, ...more } = condition;
  return equals !== undefined && Object.keys(more).length === 0 && (typeof equals !== 'object' || equals === null)
    ? equals
    : condition;
}
