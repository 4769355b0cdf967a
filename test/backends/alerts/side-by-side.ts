/** A change of one alert: of which instance, and when, in seconds since the begin. */
export interface Change {
  instance: string;
  fires: boolean;
  at: number;
}

export type Told = ReadonlyMap<string, readonly Change[]>;

/** `fires 12.0, ends 40.0`; the name of the instance where there are several. */
export function inWords(changes: readonly Change[]): string {
  if (changes.length === 0) return '–';
  const several = new Set(changes.map(({ instance }) => instance)).size > 1;
  return changes
    .map(({ instance, fires, at }) => `${fires ? '▲' : '▽'}${several ? `${instance} ` : ''}${at.toFixed(1)}`)
    .join(' ');
}

/** Changes of one system beside those of another, instance by instance. @returns seconds apart; null where they tell different stories */
export function apart(one: readonly Change[], other: readonly Change[]): number | null {
  const [a, b] = [one, other].map((changes) =>
    [...changes].sort((x, y) => (x.instance === y.instance ? x.at - y.at : x.instance < y.instance ? -1 : 1)),
  ) as [Change[], Change[]];
  if (a.length !== b.length) return null;
  let most = 0;
  for (const [index, change] of a.entries()) {
    const counterpart = b[index]!;
    if (counterpart.instance !== change.instance || counterpart.fires !== change.fires) return null;
    most = Math.max(most, Math.abs(counterpart.at - change.at));
  }
  return most;
}

/** A table in Markdown. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [head, ...others] = rows;
  return [line(head!), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others.map(line)].join('\n');
}
