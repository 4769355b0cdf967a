import type { TimeRange } from '../../../reader.ts';
import type { ServiceVersion } from '../../../telemetry.ts';
import { literal } from '../influx/influxql.ts';
import { type Ask, exactNs, formatNs } from './window.ts';

/** Versions whose first span, as far back as InfluxDB keeps them, lies in the window; oldest first. */
export async function askVersions(ask: Ask, service: string | undefined, range: TimeRange): Promise<ServiceVersion[]> {
  const where = service === undefined ? '' : ` WHERE service = ${literal(service)}`;
  const rows = await ask(`SELECT FIRST(ns) AS ns FROM versions${where} GROUP BY service, version`);
  return rows
    .filter(({ time }) => time >= range.from && time < range.to)
    .sort((a, b) => (exactNs(a) < exactNs(b) ? -1 : 1))
    .map((row) => ({
      service: String(row.service),
      version: String(row.version),
      first_seen: formatNs(exactNs(row)),
    }));
}
