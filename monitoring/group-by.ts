/** What groups are told apart by: the values of one attribute, or of several, where each combination that occurs is a group. */
export type GroupBy = string | readonly string[];

/** None where nothing is grouped by. */
export function groupedBy(by: GroupBy | undefined): readonly string[] {
  return by === undefined ? [] : typeof by === 'string' ? [by] : by;
}

/**
 * The name of a group, which tells it from the others: the value itself of one attribute, a JSON array of those of several.
 * @param values in the order of the attributes; null for one that is missing
 * @returns null where there are no values at all
 */
export function groupName(values: readonly (string | null)[]): string | null {
  if (values.every((value) => value === null)) return null;
  return values.length === 1 ? values[0]! : JSON.stringify(values);
}

/** The values that `groupName` put together, in the order of the attributes. */
export function groupValues(by: GroupBy | undefined, name: string | null): (string | null)[] {
  const attributes = groupedBy(by);
  if (name === null) return attributes.map(() => null);
  return attributes.length < 2 ? attributes.map(() => name) : (JSON.parse(name) as (string | null)[]);
}

/** The values by their attributes, without those that are missing. */
export function groupLabels(by: GroupBy | undefined, name: string | null): Record<string, string> {
  const values = groupValues(by, name);
  // Own properties alone: an attribute may be called `__proto__`.
  return Object.fromEntries(
    groupedBy(by).flatMap((attribute, index) => (values[index] === null ? [] : [[attribute, values[index]!]])),
  );
}

/** The same as labels of a metric, whose values are texts: empty where one is missing. */
export function metricLabels(by: GroupBy | undefined, name: string | null): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  for (const attribute of groupedBy(by)) labels[attribute] = '';
  return Object.assign(labels, groupLabels(by, name));
}
