import { isCronExpression } from '../../core/cron.ts';
import { formatDuration, parseDuration } from '../../core/units.ts';
import { matchesEmpty, patternProblem } from './matching.ts';
import type { WrittenMatcher, WrittenSilence, WrittenWindow } from './schema.ts';
import type { MaintenanceWindow, Matcher, NewMaintenanceWindow, NewSilence } from './silence.ts';

const DAY_MS = 86_400_000;
/** No silence is for ever: whoever forgets one is called again after so long. */
export const LONGEST_SILENCE_MS = 30 * DAY_MS;
export const LONGEST_WINDOW_MS = 7 * DAY_MS;
/** A silence that begins later is a maintenance window. */
const FARTHEST_START_MS = 366 * DAY_MS;

/** Something that a schema cannot say, at its place. */
export interface SilenceProblem {
  path: readonly (string | number)[];
  message: string;
  hint?: string;
}

/**
 * Reads the body of a new silence.
 * @param now wall-clock milliseconds
 */
export function readSilence(
  written: WrittenSilence,
  now: number,
): { silence: NewSilence; problems: [] } | { silence: null; problems: SilenceProblem[] } {
  const start = written.starts_at === undefined ? now : Date.parse(written.starts_at);
  const lasts = written.duration === undefined ? undefined : parseDuration(written.duration);
  const end = written.ends_at === undefined ? start + (lasts ?? Number.NaN) : Date.parse(written.ends_at);
  const matchers = written.matchers.map(matcherOf);
  const found = matcherProblems(matchers);
  if ((written.ends_at === undefined) === (written.duration === undefined)) {
    found.push({ path: ['ends_at'], message: 'a silence needs either ends_at or duration' });
  } else if (Number.isNaN(start) || Number.isNaN(end)) {
    found.push({ path: [Number.isNaN(start) ? 'starts_at' : 'ends_at'], message: 'there is no such time' });
  } else {
    found.push(...spanProblems(start, end, [written.ends_at === undefined ? 'duration' : 'ends_at']));
    if (end <= now) found.push({ path: ['ends_at'], message: 'a silence must end in the future' });
    if (start > now + FARTHEST_START_MS) {
      found.push({ path: ['starts_at'], message: 'a silence must begin within a year' });
    }
  }
  if (found.length > 0) return { silence: null, problems: found };
  const [starts_at, ends_at] = [new Date(start).toISOString(), new Date(end).toISOString()];
  return { silence: { matchers, starts_at, ends_at, reason: written.reason ?? '' }, problems: [] };
}

/** What is wrong with a silence that was put together by a program: it is refused, because it might never end. */
export function silenceProblems(silence: NewSilence): SilenceProblem[] {
  const [start, end] = [Date.parse(silence.starts_at), Date.parse(silence.ends_at)];
  if (Number.isNaN(start) || Number.isNaN(end)) return [{ path: ['ends_at'], message: 'there is no such time' }];
  return [...matcherProblems(silence.matchers), ...spanProblems(start, end, ['ends_at'])];
}

/** Reads a maintenance window of the config, or the body of a new one. */
export function readWindow(
  written: WrittenWindow,
): { window: NewMaintenanceWindow; problems: [] } | { window: null; problems: SilenceProblem[] } {
  const matchers = written.matchers.map(matcherOf);
  const found = [...matcherProblems(matchers), ...scheduleProblems(written.schedule)];
  if (found.length > 0) return { window: null, problems: found };
  return { window: { name: written.name, matchers, schedule: scheduleOf(written.schedule) }, problems: [] };
}

/** As `silenceProblems`. */
export function windowProblems({ matchers, schedule }: NewMaintenanceWindow): SilenceProblem[] {
  return [
    ...matcherProblems(matchers),
    ...scheduleProblems('cron' in schedule ? { ...schedule, duration: `${schedule.duration_ms}ms` } : schedule),
  ];
}

function matcherOf({ label, is, value }: WrittenMatcher): Matcher {
  return { label, is: is ?? '=', value };
}

function matcherProblems(matchers: readonly Matcher[]): SilenceProblem[] {
  const found: SilenceProblem[] = [];
  matchers.forEach(({ is, value }, index) => {
    const problem = is === '=~' || is === '!~' ? patternProblem(value) : null;
    if (problem !== null) found.push({ path: ['matchers', index, 'value'], message: problem });
  });
  if (found.length === 0 && matchers.every(matchesEmpty)) {
    found.push({
      path: ['matchers'],
      message: 'this would silence everything: every matcher also matches a label that is not there',
      hint: 'name at least one label with "=" and its value',
    });
  }
  return found;
}

function spanProblems(start: number, end: number, path: readonly string[]): SilenceProblem[] {
  if (end <= start) return [{ path, message: 'the end must be after the start' }];
  if (end - start <= LONGEST_SILENCE_MS) return [];
  return [{ path, message: `must not last longer than 30 days, this is ${formatDuration(end - start)}` }];
}

function scheduleProblems(schedule: WrittenWindow['schedule']): SilenceProblem[] {
  if (!('cron' in schedule)) {
    const [start, end] = [Date.parse(schedule.starts_at), Date.parse(schedule.ends_at)];
    if (Number.isNaN(start)) return [{ path: ['schedule', 'starts_at'], message: 'there is no such time' }];
    if (Number.isNaN(end)) return [{ path: ['schedule', 'ends_at'], message: 'there is no such time' }];
    return spanProblems(start, end, ['schedule', 'ends_at']);
  }
  const found: SilenceProblem[] = [];
  if (schedule.cron.trim().split(/\s+/).length !== 5 || !isCronExpression(schedule.cron)) {
    const hint = 'five fields: minute, hour, day of month, month, day of week';
    found.push({ path: ['schedule', 'cron'], message: `"${schedule.cron}" is no cron expression`, hint });
  }
  if (!isZone(schedule.timezone)) {
    const message = `unknown time zone "${schedule.timezone}"`;
    found.push({ path: ['schedule', 'timezone'], message, hint: 'an IANA name such as Europe/Berlin' });
  }
  const lasts = parseDuration(schedule.duration) ?? Number.NaN;
  if (!(lasts > 0 && lasts <= LONGEST_WINDOW_MS)) {
    found.push({ path: ['schedule', 'duration'], message: 'must be more than nothing and at most 7 days' });
  }
  return found;
}

function scheduleOf(schedule: WrittenWindow['schedule']): MaintenanceWindow['schedule'] {
  if ('cron' in schedule) {
    const { cron, timezone, duration } = schedule;
    return { cron, timezone, duration_ms: parseDuration(duration)! };
  }
  const { starts_at, ends_at } = schedule;
  return { starts_at: new Date(starts_at).toISOString(), ends_at: new Date(ends_at).toISOString() };
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
