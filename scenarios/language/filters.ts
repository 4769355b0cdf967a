export type Filtered = { value: unknown } | { error: string };

interface Filter {
  arity: readonly [number, number];
  apply(value: unknown, args: readonly (string | number)[]): Filtered;
}

const onText = (change: (text: string) => string): Filter => ({
  arity: [0, 0],
  apply(value) {
    const text = asText(value);
    return 'error' in text ? text : { value: change(text.value) };
  },
});

const FILTERS: Record<string, Filter> = {
  string: onText((text) => text),
  number: {
    arity: [0, 0],
    apply(value) {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isFinite(number)
        ? { value: number }
        : { error: `${JSON.stringify(value)} is not a number` };
    },
  },
  json: { arity: [0, 0], apply: (value) => ({ value: JSON.stringify(value ?? null) }) },
  url: onText((text) => encodeURIComponent(text.toWellFormed())),
  base64: onText((text) => Buffer.from(text).toString('base64')),
  lower: onText((text) => text.toLowerCase()),
  upper: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  /** `{{ nickname | default("none") }}`: for a name that is not defined, or null. */
  default: { arity: [1, 1], apply: (value, [fallback]) => ({ value: value ?? fallback }) },
};

export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

export function filter(name: string): Filter | undefined {
  return Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
}

/** How a value reads inside a text. Objects and lists become JSON; nothing has no text. */
export function asText(value: unknown): { value: string } | { error: string } {
  if (typeof value === 'string') return { value };
  if (value === null || value === undefined) return { error: 'is null, which cannot be part of a text' };
  return { value: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}
