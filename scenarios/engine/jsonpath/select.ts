import { iRegexpCost, matchesIRegexp } from './i-regexp.ts';
import { Steps, TooManySteps } from './steps.ts';
import type { Call, Operand, Query, Segment, Selector, Test } from './syntax.ts';
import { compare, NOTHING } from './values.ts';

/**
 * Visited values at most, by all queries of one body, so that what the watched service chose cannot hold the thread that
 * schedules and pages: some 200 ms at worst.
 */
const MOST_STEPS = 4_000_000;
const stepsOf = new WeakMap<object, Steps>();

/**
 * Values of the nodes that a query selects, in the order of RFC 9535. Own properties only. Never throws.
 * @param value what JSON.parse gives
 */
export function select(query: Query, value: unknown): unknown[] | { error: string } {
  if (query.singular) {
    const one = walk(query, value);
    return one === NOTHING ? [] : [one];
  }
  try {
    return new Selection(value, stepsFor(value)).nodes(query, value);
  } catch (error) {
    if (error instanceof TooManySteps)
      return { error: 'it took too many steps on this body: ask for less, without ".." for example' };
    throw error;
  }
}

function stepsFor(root: unknown): Steps {
  if (typeof root !== 'object' || root === null) return new Steps(MOST_STEPS);
  let steps = stepsOf.get(root);
  if (!steps) {
    steps = new Steps(MOST_STEPS);
    stepsOf.set(root, steps);
  }
  return steps;
}

/** The one value of a singular query, or NOTHING. */
function walk(query: Query, from: unknown): unknown {
  let value = from;
  for (const { selectors } of query.segments) {
    value = child(value, selectors[0]!);
    if (value === NOTHING) return NOTHING;
  }
  return value;
}

function child(value: unknown, selector: Selector): unknown {
  if (typeof value !== 'object' || value === null) return NOTHING;
  if (selector.kind === 'name') {
    return !Array.isArray(value) && Object.hasOwn(value, selector.name)
      ? (value as Record<string, unknown>)[selector.name]
      : NOTHING;
  }
  if (selector.kind !== 'index' || !Array.isArray(value)) return NOTHING;
  const index = selector.index < 0 ? selector.index + value.length : selector.index;
  return index >= 0 && index < value.length ? value[index] : NOTHING;
}

/** One walk through one value, bounded in its steps. */
class Selection {
  readonly #root: unknown;
  readonly #steps: Steps;

  constructor(root: unknown, steps: Steps) {
    this.#root = root;
    this.#steps = steps;
  }

  nodes(query: Query, current: unknown): unknown[] {
    let nodes: unknown[] = [query.root === '$' ? this.#root : current];
    for (const segment of query.segments) {
      const next: unknown[] = [];
      for (const node of nodes) {
        if (segment.descendant) this.#descend(segment, node, next);
        else this.#children(segment, node, next);
      }
      nodes = next;
    }
    return nodes;
  }

  #children({ selectors }: Segment, value: unknown, into: unknown[]): void {
    this.#steps.take(1);
    if (typeof value !== 'object' || value === null) return;
    for (const selector of selectors) this.#apply(selector, value, into);
  }

  /** The value itself, then everything in it, each before its children (§2.5.2.2). Deep nesting needs no stack. */
  #descend(segment: Segment, value: unknown, into: unknown[]): void {
    const waiting = [value];
    while (waiting.length > 0) {
      const node = waiting.pop();
      if (typeof node !== 'object' || node === null) continue;
      this.#children(segment, node, into);
      const inside: unknown[] = Array.isArray(node) ? node : Object.values(node);
      this.#steps.take(inside.length);
      for (let index = inside.length - 1; index >= 0; index--) {
        const one = inside[index];
        if (typeof one === 'object' && one !== null) waiting.push(one);
      }
    }
  }

  #apply(selector: Selector, value: object, into: unknown[]): void {
    switch (selector.kind) {
      case 'name':
      case 'index': {
        const found = child(value, selector);
        if (found !== NOTHING) into.push(found);
        return;
      }
      case 'wildcard': {
        const inside: unknown[] = Array.isArray(value) ? value : Object.values(value);
        this.#steps.take(inside.length);
        for (const one of inside) into.push(one);
        return;
      }
      case 'slice':
        if (Array.isArray(value)) this.#slice(selector, value, into);
        return;
      case 'filter': {
        const inside: unknown[] = Array.isArray(value) ? value : Object.values(value);
        this.#steps.take(inside.length);
        for (const one of inside) if (this.#holds(selector.test, one)) into.push(one);
      }
    }
  }

  /** RFC 9535 §2.3.4.2.2. */
  #slice({ start, end, step }: Extract<Selector, { kind: 'slice' }>, list: unknown[], into: unknown[]): void {
    if (step === 0) return;
    const { length } = list;
    const normal = (index: number) => (index >= 0 ? index : length + index);
    if (step > 0) {
      const from = Math.min(Math.max(normal(start ?? 0), 0), length);
      const to = Math.min(Math.max(normal(end ?? length), 0), length);
      this.#steps.take(Math.max(0, to - from) / step);
      for (let index = from; index < to; index += step) into.push(list[index]);
    } else {
      const from = Math.min(Math.max(normal(start ?? length - 1), -1), length - 1);
      // Without an end it goes on past the first entry, which no index can say.
      const to = Math.min(Math.max(end === null ? -1 : normal(end), -1), length - 1);
      this.#steps.take(Math.max(0, from - to) / -step);
      for (let index = from; index > to; index += step) into.push(list[index]);
    }
  }

  #holds(test: Test, current: unknown): boolean {
    this.#steps.take(1);
    switch (test.kind) {
      case 'or':
        return test.tests.some((one) => this.#holds(one, current));
      case 'and':
        return test.tests.every((one) => this.#holds(one, current));
      case 'not':
        return !this.#holds(test.test, current);
      case 'comparison':
        return compare(this.#value(test.left, current), test.operator, this.#value(test.right, current), this.#steps);
      case 'exists':
        return test.query.singular
          ? this.#one(test.query, current) !== NOTHING
          : this.nodes(test.query, current).length > 0;
      case 'call':
        return this.#call(test.call, current) === true;
    }
  }

  #value(operand: Operand, current: unknown): unknown {
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'query':
        return this.#one(operand.query, current);
      case 'call':
        return this.#call(operand.call, current);
    }
  }

  #one(query: Query, current: unknown): unknown {
    this.#steps.take(query.segments.length);
    return walk(query, query.root === '$' ? this.#root : current);
  }

  /** RFC 9535 §2.4.4 to §2.4.8. */
  #call({ name, operands }: Call, current: unknown): unknown {
    const [first, second] = operands.map((operand) =>
      operand.kind === 'nodes' ? this.nodes(operand.query, current) : this.#value(operand, current),
    );
    switch (name) {
      case 'length':
        return this.#length(first);
      case 'count':
        return (first as unknown[]).length;
      case 'value':
        return (first as unknown[]).length === 1 ? (first as unknown[])[0] : NOTHING;
      case 'match':
      case 'search':
        if (typeof first !== 'string' || typeof second !== 'string') return false;
        // A regular expression takes up to a tenth of a microsecond for a letter, as much as two visited values, and
        // more where the pattern is long, which the service may have chosen, too.
        this.#steps.take(50 + 2 * first.length + second.length);
        this.#steps.take(iRegexpCost(second, first, name === 'match') / 8);
        return matchesIRegexp(second, first, name === 'match');
    }
  }

  #length(value: unknown): unknown {
    if (typeof value === 'string') {
      this.#steps.take(value.length / 8);
      let count = 0;
      for (const _ of value) count++;
      return count;
    }
    if (typeof value !== 'object' || value === null) return NOTHING;
    if (Array.isArray(value)) return value.length;
    const { length } = Object.keys(value);
    this.#steps.take(length);
    return length;
  }
}
