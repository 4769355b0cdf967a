import type { Incident } from '../incident.ts';
import { readMonitorKey } from '../rules/instance-key.ts';

/**
 * What the members of a rule's incident are, by the label that tells them apart: `http.route` makes "route",
 * `service.name` "service". Null where no single label does, or where they are of several rules.
 */
export function memberNoun(monitors: readonly string[]): string | null {
  const keys = monitors.map(readMonitorKey);
  const rule = keys[0];
  if (!rule || keys.some((key) => key?.policy !== rule.policy || key.rule !== rule.rule)) return null;
  const values = new Map<string, Set<string>>();
  for (const key of keys) {
    for (const [label, value] of Object.entries(key?.labels ?? {})) {
      values.set(label, (values.get(label) ?? new Set()).add(value));
    }
  }
  const telling = [...values].filter(([, seen]) => seen.size > 1).map(([label]) => label);
  return telling.length === 1 ? nounOf(telling[0]!) : null;
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
