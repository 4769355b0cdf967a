import { type Claim, type Condition, EVERY, jsonPath, otherSpelling } from './subject.ts';

/** Collects what scripts demand, in the written form of `expect`. */
export class Expectations {
  readonly #written: Record<string, Record<string, unknown>> = {};
  #status: unknown;

  /** @returns false when a scenario cannot demand this beside what it demands already */
  add({ subject, condition }: Claim): boolean {
    switch (subject.from) {
      case 'status':
        return this.#addStatus(condition);
      case 'body': {
        const { contains } = condition;
        // One text can be demanded of the body; further ones are patterns.
        if (typeof contains === 'string' && this.#written.body && !contains.includes('{{'))
          return this.#put('regex', contains.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'), { exists: true });
        return this.#merge('body', condition);
      }
      case 'time': {
        const written = Object.fromEntries(Object.entries(condition).map(([operator, ms]) => [operator, `${ms}ms`]));
        return (
          Object.keys(written).every((operator) => ['lt', 'lte', 'gt', 'gte'].includes(operator)) &&
          this.#merge('duration', written)
        );
      }
      case 'size':
        return this.#merge('bytes', condition);
      case 'header':
      case 'cookie':
        return this.#put(subject.from, subject.name, condition);
      case 'json': {
        const path = jsonPath(subject.path);
        const wanted = subject.path.includes(EVERY) ? { each: condition } : condition;
        const other = otherSpelling(path);
        return this.#put('jsonpath', path, wanted) || (other !== null && this.#put('jsonpath', other, wanted));
      }
    }
  }

  /** The value of `expect`; undefined when nothing is demanded. */
  written(): Record<string, unknown> | undefined {
    const short = Object.fromEntries(
      Object.entries(this.#written).map(([kind, spec]) => [
        kind,
        ['header', 'cookie', 'jsonpath', 'regex'].includes(kind)
          ? Object.fromEntries(Object.entries(spec).map(([key, condition]) => [key, bare(condition as Condition)]))
          : spec,
      ]),
    );
    const all = { ...(this.#status === undefined ? {} : { status: this.#status }), ...short };
    return Object.keys(all).length > 0 ? all : undefined;
  }

  #addStatus(condition: Condition): boolean {
    const { equals, one_of: oneOf } = condition;
    const wanted =
      typeof equals === 'number' || (typeof equals === 'string' && /^[1-5]xx$/.test(equals))
        ? equals
        : Array.isArray(oneOf)
          ? oneOf
          : condition;
    if (this.#status !== undefined && JSON.stringify(this.#status) !== JSON.stringify(wanted)) {
      // "2xx" and "201" together mean 201.
      const code = typeof wanted === 'number' ? wanted : this.#status;
      const group = typeof wanted === 'number' ? this.#status : wanted;
      if (typeof code !== 'number' || typeof group !== 'string' || !group.startsWith(String(code)[0]!)) return false;
      this.#status = code;
      return true;
    }
    this.#status = wanted;
    return true;
  }

  #put(kind: string, key: string, condition: Condition): boolean {
    const spec = this.#written[kind] ?? {};
    this.#written[kind] = spec;
    const merged = merge((spec[key] ?? {}) as Condition, condition);
    if (!merged) return false;
    spec[key] = merged;
    return true;
  }

  #merge(kind: string, condition: Condition): boolean {
    const merged = merge(this.#written[kind] ?? {}, condition);
    if (!merged) return false;
    this.#written[kind] = { ...merged };
    return true;
  }
}

/** Both conditions as one; null when they ask the same operator for different things. */
function merge(one: Condition, other: Condition): Condition | null {
  for (const [operator, operand] of Object.entries(other))
    if (Object.hasOwn(one, operator) && JSON.stringify(one[operator]) !== JSON.stringify(operand)) return null;
  return { ...one, ...other };
}

/** `{ equals: hello }` as `hello`, where that is allowed. */
function bare(condition: Condition): unknown {
  const { equals, ...more } = condition;
  const short =
    equals !== undefined && Object.keys(more).length === 0 && (typeof equals !== 'object' || equals === null);
  return short ? equals : condition;
}
