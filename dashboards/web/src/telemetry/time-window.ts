/** What the telemetry screens offer, in minutes. */
export const WINDOWS: readonly { label: string; minutes: number }[] = [
  { label: '15 min', minutes: 15 },
  { label: '1 h', minutes: 60 },
  { label: '6 h', minutes: 360 },
  { label: '24 h', minutes: 1_440 },
  { label: '7 d', minutes: 10_080 },
];

/** A window of time that ended when it was made; RFC 3339. */
export interface TimeWindow {
  minutes: number;
  from: string;
  to: string;
}

// Clocks of services run ahead too.
const AHEAD_MS = 60_000;

export function windowOf(minutes: number, now: number): TimeWindow {
  return {
    minutes,
    from: new Date(now - minutes * 60_000).toISOString(),
    to: new Date(now + AHEAD_MS).toISOString(),
  };
}
