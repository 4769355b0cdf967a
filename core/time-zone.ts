import type { Instant } from './clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * A local time written as if it were UTC: milliseconds since 1970-01-01T00:00 on the wall clock of some zone.
 * Wall clocks repeat and skip, so it is no Instant.
 */
export type LocalTime = number;

/** The offsets in force around one local day: `after` holds from the instant `change` on. */
export interface LocalDay {
  readonly before: number;
  readonly after: number;
  /** Infinity on a day without a clock change. */
  readonly change: Instant;
}

/** A time zone's offsets, looked up through Intl with the formatter and the last days kept. */
class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<LocalTime, LocalDay>();

  /** @throws RangeError when Intl does not know the zone; validate names before */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Milliseconds to add to an instant to get local time. */
  offsetAt(instant: Instant): number {
    const fields: Record<string, number> = {};
    const whole = Math.floor(instant / 1_000) * 1_000;
    for (const part of this.#format.formatToParts(whole)) fields[part.type] = Number(part.value);
    return Date.UTC(fields.year!, fields.month! - 1, fields.day!, fields.hour!, fields.minute!, fields.second!) - whole;
  }

  toLocal(instant: Instant): LocalTime {
    return instant + this.offsetAt(instant);
  }

  /**
   * The first instant at which the zone's clocks show this time. One that they skip is the end of the gap; one that they
   * repeat is its first showing. Later local times never give earlier instants.
   */
  instantOf(local: LocalTime): Instant {
    const day = this.day(Math.floor(local / DAY_MS) * DAY_MS);
    const early = local - day.before;
    if (early < day.change) return early;
    return Math.max(local - day.after, day.change);
  }

  /** @param midnight the local day's 00:00, whether or not the zone's clocks showed it */
  day(midnight: LocalTime): LocalDay {
    const known = this.#days.get(midnight);
    if (known) return known;
    if (this.#days.size > 1_000) this.#days.clear();
    const found = this.#lookUp(midnight);
    this.#days.set(midnight, found);
    return found;
  }

  #lookUp(midnight: LocalTime): LocalDay {
    // Offsets lie within ±15 h, so every instant of this local day falls between these two.
    let low = midnight - 15 * HOUR_MS;
    let high = midnight + 39 * HOUR_MS;
    const before = this.offsetAt(low);
    const after = this.offsetAt(high);
    if (before === after) return { before, after, change: Number.POSITIVE_INFINITY };
    while (high - low > MINUTE_MS) {
      const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
      if (this.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return { before, after, change: high };
  }
}

/** Whether this is a name that `timeZone` takes. Offsets such as `+09:00` are not: they know no clock changes. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    timeZone(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const zones = new Map<string, TimeZone>();

/** One TimeZone per name and process: building an Intl formatter costs more than a hundred lookups. */
export function timeZone(name: string): TimeZone {
  const known = zones.get(name);
  if (known) return known;
  const zone = new TimeZone(name);
  zones.set(name, zone);
  return zone;
}
