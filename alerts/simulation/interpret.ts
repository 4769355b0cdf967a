import type { Path } from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import type { ObservedFailure } from '../engine/observation.ts';
import type { OnCall } from '../on-call/on-call.ts';
import type { Matcher } from '../silences/silence.ts';
import type { Expectation, Given, GivenRun, GivenSeries, PolicyTests, TestCase, ToldEvent } from './policy-test.ts';
import type { PolicyTestFile, WrittenCase, WrittenExpect, WrittenGiven, WrittenSeries } from './schema.ts';
import { readNumbers } from './series-values.ts';

/** The line on which the value at a path begins. */
export type LineOf = (path: Path) => number;

/** A Monday, outside of every daylight-saving change. */
const DEFAULT_START = Date.UTC(2026, 0, 5, 9);
const DEFAULT_WITHIN_MS = 1_000;

/** Turns a file that was found valid into what the simulator reads. */
export function interpret(file: string, written: PolicyTestFile, onCall: OnCall | null, line: LineOf): PolicyTests {
  return {
    file,
    policies: typeof written.policy === 'string' ? [written.policy] : written.policy,
    channels: written.channels ?? null,
    onCall,
    cases: written.cases.map((one, index) => testCase(one, ['cases', index], line)),
  };
}

function testCase(written: WrittenCase, path: Path, line: LineOf): TestCase {
  const given = (written.given ?? []).map(toGiven);
  const expect = written.expect.map((one, index) => toExpectation(one, line([...path, 'expect', index])));
  const last = [
    ...given.map((one) => (one.kind === 'run' ? one.until_ms : one.at_ms)),
    ...expect.map(({ to_ms }) => to_ms),
  ];
  return {
    name: written.name,
    line: line(path),
    start: written.start === undefined ? DEFAULT_START : Date.parse(written.start),
    given: given
      .map((one, index) => ({ one, index }))
      .sort((a, b) => a.one.at_ms - b.one.at_ms || a.index - b.index)
      .map(({ one }) => one),
    series: (written.series ?? []).map((one, index) => toSeries(one, line([...path, 'series', index]))),
    expect,
    end_ms: Math.max(...last),
  };
}

const ms = (text: string | undefined, otherwise = 0) => (text === undefined ? otherwise : parseDuration(text)!);

function toGiven(written: WrittenGiven): Given {
  const at_ms = ms(written.at);
  const { run, alert, silence, maintenance, channel } = written;
  if (run) {
    const every_ms = written.every === undefined ? null : ms(written.every);
    return { at_ms, kind: 'run', run: toRun(run), every_ms, until_ms: ms(written.until, at_ms) };
  }
  if (alert) {
    const { source, key, state, title = key, labels = {} } = alert;
    const { severity = null, policy = null, service = null, environment = null } = alert;
    const said = { source, key, state, title, severity, policy, service, environment, labels };
    return { at_ms, kind: 'alert', alert: said };
  }
  for (const action of ['acknowledge', 'resolve', 'escalate'] as const) {
    const answer = written[action];
    if (answer) {
      const { by, via = 'web', monitor = null } = answer;
      return { at_ms, kind: 'answer', action, by, via, monitor, if_open: false };
    }
  }
  if (silence) {
    const { by = 'somebody', reason = 'a test' } = silence;
    return { at_ms, kind: 'silence', matchers: toMatchers(silence.matchers), for_ms: ms(silence.for), by, reason };
  }
  if (maintenance) {
    const { name = 'maintenance' } = maintenance;
    return {
      at_ms,
      kind: 'maintenance',
      name,
      matchers: toMatchers(maintenance.matchers),
      for_ms: ms(maintenance.for),
    };
  }
  if (channel) {
    return {
      at_ms,
      kind: 'channel',
      name: channel.name,
      fails_ms: ms(channel.fails),
      how: channel.how ?? 'unavailable',
    };
  }
  if (written.database) return { at_ms, kind: 'database', fails_ms: ms(written.database.fails) };
  if (written.restart) return { at_ms, kind: 'restart', down_ms: ms(written.restart.down) };
  if (written.clock) return { at_ms, kind: 'clock', step_ms: signedMs(written.clock.step) };
  if (written.heartbeat) {
    return { at_ms, kind: 'heartbeat', name: written.heartbeat.name, failed: written.heartbeat.failed ?? false };
  }
  if (written.certificate) {
    const { target, expires_in } = written.certificate;
    return { at_ms, kind: 'certificate', target, expires_in_ms: ms(expires_in) };
  }
  if (written.backend) {
    const { name, lag, lost = 0 } = written.backend;
    return { at_ms, kind: 'backend', name, lag_ms: ms(lag), lost };
  }
  return { at_ms, kind: 'signals', fails_ms: ms(written.signals!.fail) };
}

function signedMs(text: string): number {
  return text.startsWith('-') ? -parseDuration(text.slice(1))! : parseDuration(text)!;
}

function toRun(run: NonNullable<WrittenGiven['run']>): GivenRun {
  const { monitor, status, name, service, tags, policy, quarantined, depends_on, runbook, location } = run;
  const labels = location === undefined ? run.labels : { ...run.labels, location };
  const said = { monitor_name: name, service, tags, policy, labels, quarantined, depends_on, runbook };
  const failed = (status === 'failed' || status === 'error') && run.watcher_fault === undefined;
  return {
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<GivenRun>),
    monitor,
    status,
    degraded: run.degraded ?? false,
    watcher_fault: run.watcher_fault ?? null,
    attempts: run.attempts ?? 2,
    failure: failed ? toFailure(status, run.failure ?? {}) : null,
  };
}

function toFailure(
  status: 'failed' | 'error',
  said: NonNullable<NonNullable<WrittenGiven['run']>['failure']>,
): ObservedFailure {
  const kind = said.kind ?? (status === 'failed' ? 'assertion' : 'network');
  const words = {
    assertion: 'an assertion does not hold',
    network: 'connection refused',
    timeout: 'no answer in time',
  };
  const status_code = said.status_code ?? null;
  const fallback = status_code === null ? words[kind] : `status ${status_code}`;
  return {
    step: said.step ?? 'step',
    message: said.message ?? fallback,
    expected: said.expected ?? null,
    actual: said.actual ?? null,
    kind,
    route: said.route ?? null,
    status_code,
  };
}

/** `label=value`, `!=`, `=~` or `!~`. */
export const MATCHER = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s;

/** A mapping, or texts such as `label!=value`. */
export function toMatchers(written: Readonly<Record<string, string>> | readonly string[]): Matcher[] {
  if (!Array.isArray(written)) {
    return Object.entries(written).map(([label, value]) => ({ label, is: '=' as const, value: value as string }));
  }
  return written.map((text) => {
    const [, label, is, value] = MATCHER.exec(text)!;
    return { label: label!.trim(), is: is as Matcher['is'], value: value!.trim() };
  });
}

function toSeries(written: WrittenSeries, line: number): GivenSeries {
  const numbers = (key: 'values' | 'per_minute') => {
    const entries = written[key];
    if (entries === undefined) return null;
    const read = readNumbers(entries);
    if ('message' in read) throw new Error(read.message);
    return read;
  };
  const measured = numbers('values');
  const { service, level, text } = written.logs ?? {};
  const { requests } = written;
  const said: Record<string, string | undefined> = {
    service: service ?? requests?.service,
    level: written.logs ? (level ?? 'info') : undefined,
    text,
    route: requests?.route,
    status: requests ? String(requests.status ?? 200) : undefined,
    synthetic: requests ? String(requests.synthetic ?? false) : undefined,
    ...written.where,
  };
  return {
    of: written.metric !== undefined ? 'metric' : written.logs ? 'logs' : 'requests',
    metric: written.metric ?? null,
    attributes: Object.fromEntries(
      Object.entries(said).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    unit: measured?.unit ?? null,
    from_ms: ms(written.at),
    every_ms: ms(written.every, 60_000),
    values: measured?.values ?? null,
    per_minute: numbers('per_minute')?.values ?? null,
    line,
  };
}

function toExpectation(written: WrittenExpect, line: number): Expectation {
  const event = eventOf(written.event);
  if (written.nothing_else) return { kind: 'nothing_else', event, from_ms: 0, to_ms: ms(written.until), line };
  if (written.incident) {
    const at = ms(written.at);
    return { kind: 'incident', incident: written.incident, from_ms: at, to_ms: at, line };
  }
  const [from_ms, to_ms] = written.between
    ? [ms(written.between[0]), ms(written.between[1])]
    : [ms(written.at), ms(written.at) + ms(written.within, DEFAULT_WITHIN_MS)];
  return { kind: 'notified', names: written.notified!, event, times: written.times ?? 1, from_ms, to_ms, line };
}

function eventOf(written: WrittenExpect['event']): ToldEvent | 'any' | null {
  if (written === undefined) return null;
  return written === 'any' ? 'any' : `incident.${written}`;
}
