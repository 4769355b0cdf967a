import type { Instant } from '../../core/clock.ts';
import { type LocalTime, timeZone } from '../../core/time-zone.ts';
import { LOCAL_TIME_PATTERN, MOMENT_PATTERN } from './schema.ts';

const LOCAL_TIME = new RegExp(LOCAL_TIME_PATTERN);
const MOMENT = new RegExp(MOMENT_PATTERN);

/** Reads `2026-11-02T09:00`; undefined when there is no such day or time. */
export function readLocalTime(text: string): LocalTime | undefined {
  if (!LOCAL_TIME.test(text)) return undefined;
  const local = Date.parse(`${text}Z`);
  // A 30th of February is read as a day in March.
  return Number.isNaN(local) || !new Date(local).toISOString().startsWith(text) ? undefined : local;
}

/** Reads a time with its offset, or a local time of the zone; undefined when there is no such day or time. */
export function readMoment(text: string, timezone: string): Instant | undefined {
  if (!MOMENT.test(text)) return undefined;
  if (/(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    const instant = Date.parse(text);
    const sameDay = readLocalTime(text.slice(0, 16)) !== undefined;
    return Number.isNaN(instant) || !sameDay ? undefined : instant;
  }
  const local = readLocalTime(text.replace(/\.\d+$/, ''));
  return local === undefined ? undefined : timeZone(timezone).instantOf(local);
}

/** `2026-11-02T09:00`, with seconds where there are some. */
export function writeLocalTime(local: LocalTime): string {
  return new Date(local).toISOString().slice(0, local % 60_000 === 0 ? 16 : 19);
}

/** As local time where that reads back as the same instant; in a repeated hour, in UTC. */
export function writeMoment(instant: Instant, timezone: string): string {
  const zone = timeZone(timezone);
  const local = zone.toLocal(instant);
  return zone.instantOf(local) === instant ? writeLocalTime(local) : new Date(instant).toISOString();
}
