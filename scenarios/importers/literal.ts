/** Texts of documents that know no templates, or templates of their own, as texts of a scenario. */

/** A text that is meant as it stands: its braces are no template. */
export function literal(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}

/** Every text in a structure, as it stands. */
export function literalValue(value: unknown): unknown {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return value.map(literalValue);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literalValue(item)]));
  return value;
}

/**
 * Reads JSON that a scenario can hold without changing it.
 * @returns undefined when it is not JSON, or has a number that a double cannot keep: such a text stays a raw body
 */
export function exactJson(text: string): { value: unknown } | undefined {
  let exact = true;
  try {
    const value: unknown = JSON.parse(text, ((_key: string, item: unknown, context?: { source?: string }) => {
      if (typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item)) exact = false;
      if (typeof item === 'number' && context?.source && context.source.replace(/[-.eE+]/g, '').length > 15)
        exact = false;
      return item;
    }) as (key: string, item: unknown) => unknown);
    return exact ? { value } : undefined;
  } catch {
    return undefined;
  }
}
