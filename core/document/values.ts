/** From the root of plain data to a value in it: keys of mappings, indices of lists. */
export type Path = readonly (string | number)[];

/** What stands at a path of plain data; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined;
    at = (at as Record<string | number, unknown>)[segment];
  }
  return at;
}

/** A copy with another value at a path. */
export function withValue(value: unknown, path: Path, wanted: unknown): { value: unknown } | { error: string } {
  const [segment, ...rest] = path;
  if (segment === undefined) return { value: wanted };
  if (value === undefined || value === null) {
    if (wanted === undefined) return { error: 'leads nowhere' };
    const inner = withValue(undefined, rest, wanted);
    if ('error' in inner) return inner;
    return { value: typeof segment === 'number' ? [inner.value] : Object.fromEntries([[segment, inner.value]]) };
  }
  if (typeof value !== 'object') return { error: 'leads through a value that is no mapping and no list' };
  if (Array.isArray(value) !== (typeof segment === 'number'))
    return { error: Array.isArray(value) ? 'names a key of a list' : 'counts in a mapping' };
  const before = Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : undefined;
  if (before === undefined && wanted === undefined) return { value };
  const inner = rest.length === 0 ? { value: wanted } : withValue(before, rest, wanted);
  if ('error' in inner) return inner;
  if (Array.isArray(value)) {
    const index = Math.min(Number(segment), value.length);
    return { value: inner.value === undefined ? value.toSpliced(index, 1) : value.toSpliced(index, 1, inner.value) };
  }
  const entries = Object.entries(value).map(([key, one]) => [key, key === segment ? inner.value : one] as const);
  if (before === undefined) entries.push([String(segment), inner.value]);
  return { value: Object.fromEntries(entries.filter(([, one]) => one !== undefined)) };
}

/** Deep equality of JSON data; the order of keys does not count. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every(
      (key) =>
        Object.hasOwn(other, key) &&
        same((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
    )
  );
}
