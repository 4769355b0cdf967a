/** Fields of a JSON event as Logs Insights discovers them: 200 at most, named by their path. */
const MOST_FIELDS = 200;

export function commonFields(document: unknown): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  const walk = (value: unknown, path: string): void => {
    if (Object.keys(fields).length >= MOST_FIELDS || value === null || value === undefined) return;
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
    } else fields[path] = typeof value === 'boolean' ? Number(value) : (value as string | number);
  };
  walk(document, '');
  return fields;
}
