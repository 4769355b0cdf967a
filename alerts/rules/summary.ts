const NAME = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Names between double braces. */
export function namesIn(summary: string): string[] {
  return [...summary.matchAll(NAME)].map(([, name]) => name!);
}

/** Fills names in, nothing else: no logic, and what is filled in is not read again. A name without a value stays as it is. */
export function fillIn(summary: string, values: Readonly<Record<string, string>>): string {
  return summary.replace(NAME, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole));
}
