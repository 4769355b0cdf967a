import type { Incident } from '../incident.ts';
import type { Expectation, ExpectedIncident, ToldEvent } from './policy-test.ts';
import type { Simulation, Told } from './simulation.ts';
import { shortDuration } from './words.ts';

/** Something that is not as expected. */
export interface Difference {
  /** When it shows, milliseconds since the start of the case. */
  at_ms: number;
  /** Of the expectation; null where it is something given that could not be done. */
  line: number | null;
  /** In one line each. */
  expected: string;
  actual: string;
}

/** Compares what happened with what was expected. @returns the differences, the first in time first */
export function judge(simulation: Simulation, expected: readonly Expectation[]): Difference[] {
  const found: Difference[] = simulation.problems.map(({ at_ms, text }) => ({
    at_ms,
    line: null,
    expected: 'it can be done',
    actual: text,
  }));
  const explained = new Set<Told>();
  for (const expectation of expected) {
    if (expectation.kind === 'notified') found.push(...judgeNotified(simulation.told, expectation, explained));
    if (expectation.kind === 'incident') {
      found.push(...judgeIncident(simulation.snapshots.get(expectation.from_ms) ?? [], expectation));
    }
  }
  for (const expectation of expected) {
    if (expectation.kind === 'nothing_else') found.push(...judgeNothingElse(simulation.told, expectation, explained));
  }
  return found.sort((a, b) => a.at_ms - b.at_ms);
}

/** What is looked at by an expectation that names this event, or none. */
export function concerns(event: ToldEvent, wanted: ToldEvent | 'any' | null): boolean {
  if (wanted === 'any') return true;
  if (wanted === null) return event === 'incident.triggered' || event === 'incident.escalated';
  return event === wanted;
}

/** What an expectation says, in one line. */
export function describeExpectation(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'notified': {
      const what = expectation.event === null ? '' : `, ${expectation.event.replace('incident.', '')}`;
      const times = expectation.times > 1 ? `, ${expectation.times} times each` : '';
      return expectation.names.length > 0
        ? `notified: ${expectation.names.join(', ')}${what}${times}`
        : `notified: nobody${what}`;
    }
    case 'nothing_else':
      return `nothing else until ${shortDuration(expectation.to_ms)}`;
    case 'incident':
      return `incident: ${describeIncident(expectation.incident)}`;
  }
}

function judgeNotified(
  told: readonly Told[],
  expectation: Extract<Expectation, { kind: 'notified' }>,
  explained: Set<Told>,
): Difference[] {
  const { from_ms, to_ms, names, event, times, line } = expectation;
  const inside = told.filter(
    (one) => one.at_ms >= from_ms && one.at_ms <= to_ms && concerns(one.event, event) && !explained.has(one),
  );
  const expected = describeExpectation(expectation);
  const differences: Difference[] = [];
  const counts = new Map(names.map((name) => [name, 0]));
  for (const one of inside) {
    explained.add(one);
    const name = counts.has(one.channel) ? one.channel : one.user !== null && counts.has(one.user) ? one.user : null;
    if (name === null) {
      differences.push({ at_ms: one.at_ms, line, expected, actual: `also ${toldText(one)}` });
      continue;
    }
    counts.set(name, counts.get(name)! + 1);
  }
  for (const [name, count] of counts) {
    if (count === 0) {
      const actual = inside.length > 0 ? `${name} was not told` : 'nobody was told';
      differences.push({ at_ms: from_ms, line, expected, actual });
      continue;
    }
    // A person may be reached in several ways at once; a channel is told as often as it says.
    const person = inside.every(({ channel }) => channel !== name);
    if (person ? count < times : count !== times) {
      differences.push({ at_ms: from_ms, line, expected, actual: `${name} was told ${timesText(count)}` });
    }
  }
  return inside.length === 0 ? differences.slice(0, 1) : differences;
}

function judgeNothingElse(
  told: readonly Told[],
  { from_ms, to_ms, event, line }: Extract<Expectation, { kind: 'nothing_else' }>,
  explained: ReadonlySet<Told>,
): Difference[] {
  return told
    .filter((one) => one.at_ms >= from_ms && one.at_ms <= to_ms && concerns(one.event, event) && !explained.has(one))
    .map((one) => ({ at_ms: one.at_ms, line, expected: 'nothing else', actual: toldText(one) }));
}

function judgeIncident(
  incidents: readonly Incident[],
  { from_ms, incident: wanted, line }: Extract<Expectation, { kind: 'incident' }>,
): Difference[] {
  const expected = `incident: ${describeIncident(wanted)}`;
  const open = incidents.filter(({ state }) => state !== 'resolved');
  const { open: count, state, ...rest } = wanted;
  const difference = (actual: string): Difference[] => [{ at_ms: from_ms, line, expected, actual }];
  const present = () => (incidents.length > 0 ? incidents.map(stateText).join('; ') : 'there is no incident');
  if (count !== undefined && open.length !== count) return difference(`${open.length} open: ${present()}`);
  if (state === 'none') return open.some((one) => isAsWanted(one, rest)) ? difference(present()) : [];
  if (state === undefined && Object.keys(rest).length === 0) return [];
  const candidates = state === undefined ? open : incidents.filter((one) => one.state === state);
  return candidates.some((one) => isAsWanted(one, rest)) ? [] : difference(present());
}

function isAsWanted(incident: Incident, wanted: Omit<ExpectedIncident, 'open' | 'state'>): boolean {
  const { priority, count, held, title, policy, rule, service, monitor, acknowledged_by } = wanted;
  return (
    (priority === undefined || incident.priority === priority) &&
    (count === undefined || incident.failing_count === count) &&
    (held === undefined || (incident.held?.stage ?? false) === held) &&
    (title === undefined || incident.title.includes(title)) &&
    (policy === undefined || incident.policy === policy) &&
    (rule === undefined || incident.labels.rule === rule) &&
    (service === undefined || incident.service === service) &&
    (monitor === undefined || incident.monitors.includes(monitor)) &&
    (acknowledged_by === undefined || incident.acknowledged_by === acknowledged_by)
  );
}

function describeIncident(wanted: ExpectedIncident): string {
  return Object.entries(wanted)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

function stateText(incident: Incident): string {
  const held = incident.held ? `, held by ${incident.held.stage}` : '';
  const taken = incident.acknowledged_by === null ? '' : ` by ${incident.acknowledged_by}`;
  return `"${incident.title}" is ${incident.state}${taken} (${incident.priority}, ${incident.failing_count} failing${held})`;
}

function toldText({ channel, user, event, title, at_ms }: Told): string {
  const whom = user === null ? channel : `${channel} (${user})`;
  return `${whom} was told at ${shortDuration(at_ms)}: ${event.replace('incident.', '')} · ${title}`;
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
