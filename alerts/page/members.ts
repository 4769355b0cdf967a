import type { Incident } from '../incident.ts';
import { readMonitorKey } from '../rules/instance-key.ts';

/** What the members of an incident have in common, as far as their keys say it. */
interface Kind {
  /** Policy and rule that they are of; null where they are of several, or of none. */
  rule: string | null;
  /** By label, the value that all of them have; null where there are several. */
  labels: Readonly<Record<string, string | null>>;
}

/** By the list of members, which is never written to: of ten thousand that join one by one each key is read once. */
const kinds = new WeakMap<readonly string[], Kind>();

/** A new list with one member more. */
export function withMember(monitors: readonly string[], joining: string): string[] {
  const all = [...monitors, joining];
  kinds.set(all, widened(kindOf(monitors), joining));
  return all;
}

/**
 * What the members of a rule's incident are, by the label that tells them apart: `http.route` makes "route",
 * `service.name` "service". Null where no single label does, or where they are of several rules.
 */
export function memberNoun(monitors: readonly string[]): string | null {
  const kind = kindOf(monitors);
  if (!kind || kind.rule === null) return null;
  const telling = Object.keys(kind.labels).filter((label) => kind.labels[label] === null);
  return telling.length === 1 ? nounOf(telling[0]!) : null;
}

/** Null of no members. */
function kindOf(monitors: readonly string[]): Kind | null {
  const known = kinds.get(monitors);
  if (known) return known;
  let kind: Kind | null = null;
  for (const monitor of monitors) {
    kind = widened(kind, monitor);
    if (kind.rule === null) break;
  }
  if (kind) kinds.set(monitors, kind);
  return kind;
}

function widened(kind: Kind | null, monitor: string): Kind {
  const key = kind?.rule === null ? null : readMonitorKey(monitor);
  const rule = key && JSON.stringify([key.policy, key.rule]);
  if (!key || (kind && kind.rule !== rule)) return { rule: null, labels: {} };
  const labels: Record<string, string | null> = Object.assign(Object.create(null), kind?.labels);
  for (const [label, value] of Object.entries(key.labels ?? {})) {
    labels[label] = labels[label] === undefined || labels[label] === value ? value : null;
  }
  return { rule, labels };
}

/** Members that fail now; before it was resolved, afterwards. */
export function failingMembers(incident: Incident, context: { failing_monitors: number }): number {
  return incident.state === 'resolved' ? incident.failing_count : context.failing_monitors;
}

/** "11 more routes", counted exactly; null while there is but one. @param failing members that fail now */
export function othersFailing(monitors: readonly string[], failing: number): { count: number; noun: string } | null {
  const count = failing - 1;
  if (count < 1) return null;
  const noun = memberNoun(monitors);
  if (noun === null) return { count, noun: 'more' };
  return { count, noun: `more ${count === 1 ? noun : plural(noun)}` };
}

/** What the list of them is headed with: "Routes". */
export function membersLabel(incident: Incident): string {
  const noun = memberNoun(incident.monitors);
  if (noun !== null) return plural(noun).replace(/^./, (letter) => letter.toUpperCase());
  return { run: 'Monitors', rule: 'Rules', inbound: 'Alerts' }[incident.source];
}

function nounOf(label: string): string {
  const parts = label.split('.');
  const last = parts.at(-1)!;
  const bare = parts.length > 1 && /^(name|id)$/.test(last) ? parts.at(-2)! : last;
  return bare.replace(/[_-]+/g, ' ').toLowerCase();
}

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return noun.replace(/y$/, 'ies');
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}
