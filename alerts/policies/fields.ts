/** Own fields of what may be of any shape. */
export function fieldAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

export function listAt(value: unknown, key: string): unknown[] {
  const field = fieldAt(value, key);
  return Array.isArray(field) ? field : [];
}
