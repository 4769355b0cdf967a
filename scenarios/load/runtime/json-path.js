import { countOf, MISSING, same } from './conditions.js';

/** The value at a path of names and indexes (negative ones count from the end), or MISSING. */
export function at(value, ...path) {
  return path.reduce((here, selector) => {
    const [found] = here === MISSING ? [] : children(here, selector);
    return found === undefined ? MISSING : found[0];
  }, value);
}

/** All values that a JSONPath selects: names, indexes and what `all`, `slice`, `any` and `deep` make. */
export function select(value, ...path) {
  return path.reduce(
    (nodes, selector) => nodes.flatMap((node) => children(node, selector).map(([child]) => child)),
    [value],
  );
}

/** `[*]`: every entry, every field. */
export const all = (value) => entries(value);

/** `[from:to:step]` (RFC 9535 section 2.3.4.2.2). */
export function slice(from, to, step = 1) {
  return (value) => {
    if (!Array.isArray(value) || step === 0) return [];
    const place = (index) => (index >= 0 ? index : value.length + index);
    const bounded = (index, low, high) => Math.min(Math.max(index, low), high);
    const found = [];
    if (step > 0) {
      const end = bounded(place(to ?? value.length), 0, value.length);
      for (let index = bounded(place(from ?? 0), 0, value.length); index < end; index += step)
        found.push([value[index]]);
    } else {
      const end = to === undefined ? -1 : bounded(place(to), -1, value.length - 1);
      const start = from === undefined ? value.length - 1 : bounded(place(from), -1, value.length - 1);
      for (let index = start; index > end; index += step) found.push([value[index]]);
    }
    return found;
  };
}

/** `[a, b]`: several selectors, one after the other. */
export function any(...selectors) {
  return (value) => selectors.flatMap((selector) => children(value, selector));
}

/** `..`: a selector at every depth. */
export function deep(selector) {
  const visit = (value) => [...children(value, selector), ...entries(value).flatMap(([child]) => visit(child))];
  return visit;
}

/** What a selector finds in one value, each in a list of its own. */
function children(value, selector) {
  if (typeof selector === 'function') return selector(value);
  if (typeof selector === 'number') {
    const index = selector < 0 && Array.isArray(value) ? value.length + selector : selector;
    return Array.isArray(value) && index >= 0 && index < value.length ? [[value[index]]] : [];
  }
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping && Object.hasOwn(value, selector) ? [[value[selector]]] : [];
}

function entries(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).map((child) => [child]);
}

/** `[?…]`: the entries for which a filter holds. */
export function where(test) {
  return (value) => entries(value).filter(([child]) => test(child));
}

/** Compares as a filter does: what differs in type is neither equal nor ordered. */
export function compare(one, operator, other) {
  const less = (left, right) =>
    (typeof left === 'number' && typeof right === 'number' && left < right) ||
    (typeof left === 'string' && typeof right === 'string' && precedes(left, right));
  const equal = () => one === other || (typeof one === 'object' && typeof other === 'object' && same(one, other));
  if (operator === '==') return equal();
  if (operator === '!=') return !equal();
  if (operator === '<') return less(one, other);
  if (operator === '>') return less(other, one);
  return (operator === '<=' ? less(one, other) : less(other, one)) || equal();
}

/** Order of characters, not of their halves in UTF-16. */
function precedes(left, right) {
  const [one, other] = [[...left], [...right]];
  const index = one.findIndex((letter, place) => letter !== other[place]);
  if (index < 0) return one.length < other.length;
  return index < other.length && one[index].codePointAt(0) < other[index].codePointAt(0);
}

/** `length()`: of a text, a list or a mapping. */
export function lengthOf(value) {
  return countOf(value) ?? MISSING;
}

/** `value()`: of a query that found exactly one. */
export function only(values) {
  return values.length === 1 ? values[0] : MISSING;
}

/** `match()` and `search()`. */
export function matches(value, regex) {
  return typeof value === 'string' && regex.test(value);
}

/** Where nothing was selected there is nothing. */
export function orMissing(values) {
  return values.length === 0 ? MISSING : values;
}
