/** Times, durations and amounts as people say them. Pure: the present comes in as an argument. */

/** Between a number and its unit: they stay on one line. */
const GAP = '\u00a0';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds as a person reads them: `0.4 ms`, `83 ms`, `1.25 s`, `3 min 20 s`. Fractions only where they matter. */
export function durationWords(ms: number): string {
  if (ms < 0) return `0${GAP}ms`;
  if (ms < 0.0995) return `${Math.round(ms * 1000)}${GAP}µs`;
  if (ms < 9.95) return `${trimZero(ms.toFixed(1))}${GAP}ms`;
  if (ms < 999.5) return `${Math.round(ms)}${GAP}ms`;
  if (ms < 9_995) return `${trimZero((ms / 1000).toFixed(2))}${GAP}s`;
  if (ms < 59_950) return `${trimZero((ms / 1000).toFixed(1))}${GAP}s`;
  return spanWords(ms);
}

/** A length of time in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}${GAP}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 ? `${minutes}${GAP}min ${seconds % 60}${GAP}s` : `${minutes}${GAP}min`;
  if (minutes < 60) return `${minutes}${GAP}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours}${GAP}h ${minutes % 60}${GAP}min` : `${hours}${GAP}h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days}${GAP}d ${hours % 24}${GAP}h` : `${days}${GAP}d`;
}

/** How long ago: `now`, `12 s ago`, `4 min ago`, `2 h ago`, `3 d ago`. A little in the future counts as now. */
export function agoWords(at: number, now: number): string {
  const elapsed = now - at;
  if (elapsed < 1_500) return 'now';
  return `${coarseWords(elapsed)} ago`;
}

/** How long until: `due`, `in 12 s`, `in 4 min`. */
export function untilWords(at: number, now: number): string {
  const left = at - now;
  return left <= 0 ? 'due' : `in ${coarseWords(Math.max(left, 1000))}`;
}

/** How long something has lasted: `12 s`, `4 min`, `2 h`. */
export function forWords(at: number, now: number): string {
  return coarseWords(Math.max(0, now - at));
}

function coarseWords(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / 1000)}${GAP}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}${GAP}min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}${GAP}h`;
  return `${Math.floor(ms / DAY)}${GAP}d`;
}

// Making a formatter costs more than formatting with it a hundred times.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let known = formatters.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat('en-GB', { ...options, hourCycle: 'h23' });
    formatters.set(key, known);
  }
  return known;
}

/** `14:03:09` today, `23 Nov 14:03` on another day, in the reader's own zone; with the year when it is another year. */
export function clockWords(at: number, now: number, zone?: string): string {
  const format = (options: Intl.DateTimeFormatOptions, time = at) =>
    formatter({ ...options, timeZone: zone }).format(time);
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  if (format(day) === format(day, now)) return format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const sameYear = format({ year: 'numeric' }) === format({ year: 'numeric' }, now);
  const date = format(sameYear ? { day: 'numeric', month: 'short' } : day);
  return `${date} ${format({ hour: '2-digit', minute: '2-digit' })}`;
}

/** The exact time with its zone, for tooltips: `Mon 23 Nov 2026, 14:03:09.120 GMT+9`. */
export function exactWords(at: number, zone?: string): string {
  return formatter({
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
    timeZone: zone,
  }).format(at);
}

/** A share of 0 to 1. Never rounds to 100 % or to 0 % what is not, because that hides the failure one looks for. */
export function percentWords(share: number): string {
  if (share >= 1) return `100${GAP}%`;
  if (share <= 0) return `0${GAP}%`;
  const percent = share * 100;
  if (percent < 0.01) return `< 0.01${GAP}%`;
  if (percent >= 99) return `${trimZero((Math.floor(percent * 100) / 100).toFixed(2))}${GAP}%`;
  return percent < 1 ? `${trimZero(percent.toFixed(2))}${GAP}%` : `${trimZero(percent.toFixed(1))}${GAP}%`;
}

/** Bytes in decimal units: `512 B`, `64.2 kB`, `1.3 MB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${bytes}${GAP}B`;
  for (const [unit, size] of [
    ['kB', 1e3],
    ['MB', 1e6],
    ['GB', 1e9],
  ] as const) {
    if (bytes < size * 999.5) return `${trimZero((bytes / size).toFixed(bytes < size * 99.5 ? 1 : 0))}${GAP}${unit}`;
  }
  return `${trimZero((bytes / 1e12).toFixed(1))}${GAP}TB`;
}

/** A whole number with narrow spaces between thousands, as the eye reads tables. */
export function countWords(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 run`, `2 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

function trimZero(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** RFC 3339 with up to nanoseconds as Unix milliseconds with a fraction; NaN when it is no time. */
export function instantOf(text: string): number {
  const fraction = /^(.*?)\.(\d+)(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!fraction) return Date.parse(text);
  return Date.parse(`${fraction[1]}${fraction[3]}`) + Number(`0.${fraction[2]}`) * 1000;
}
