import type { Answers } from '../../../reader.ts';
import { metricOf } from '../encode/metric-names.ts';
import type { InfluxClient } from '../influx/client.ts';
import type { Ask } from './window.ts';

/** Telegraf's word for a timer. */
export const TYPES: Readonly<Record<string, string>> = { timing: 'timer' };

/**
 * Of all that the database holds, whenever it was written: InfluxDB's index knows no times. A metric with several types
 * and several units is listed with every pair.
 */
export async function askMetricNames(ask: Ask, { config }: InfluxClient): Promise<Answers['metric_names']> {
  const on = config.api === 'v1' ? ` ON "${config.database.replace(/[\\"]/g, '\\$&')}"` : '';
  const rows = await ask(`SHOW TAG VALUES${on} WITH KEY IN ("metric_type", "unit", "kind")`);
  const found = new Map<string, { types: Set<string>; units: Set<string> }>();
  let hasRequests = false;
  for (const row of rows) {
    const name = String(row.measurement ?? row['iox::measurement'] ?? '');
    if (name === 'spans' && row.key === 'kind' && row.value === 'server') hasRequests = true;
    const metric = metricOf(name);
    if (metric === undefined || row.key === 'kind') continue;
    const one = found.get(metric) ?? { types: new Set<string>(), units: new Set<string>() };
    found.set(metric, one);
    const value = String(row.value);
    if (row.key === 'unit') one.units.add(value);
    else one.types.add(TYPES[value] ?? value);
  }
  const names = [...found].flatMap(([name, { types, units }]) =>
    [...types].flatMap((type) => (units.size === 0 ? [''] : [...units]).map((unit) => ({ name, unit, type }))),
  );
  const duration = { name: 'http.server.request.duration', unit: 's', type: 'histogram' };
  if (hasRequests && !found.has(duration.name)) names.push(duration);
  return names.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
