import type { Incident, Matcher, Monitor } from '../../../../control/resources.ts';

/** A matcher while it is written. */
export interface MatcherDraft extends Matcher {
  /** Stays with its row when others are taken away. */
  row: number;
}

export const OPERATORS: { is: Matcher['is']; words: string }[] = [
  { is: '=', words: 'is' },
  { is: '!=', words: 'is not' },
  { is: '=~', words: 'matches pattern' },
  { is: '!~', words: 'matches no pattern' },
];

const ALWAYS = ['service', 'environment', 'monitor', 'policy', 'rule', 'priority'];
const MOST_SUGGESTED = 100;

/** Those that are written out: an empty label is a row that nobody has filled yet. */
export function written(drafts: readonly MatcherDraft[]): Matcher[] {
  return drafts
    .filter(({ label }) => label.trim() !== '')
    .map(({ label, is, value }) => ({ label: label.trim(), is, value: value.trim() }));
}

/** Labels that incidents have, the usual ones first. */
export function knownLabels(incidents: readonly Incident[]): string[] {
  const others = incidents.flatMap(({ labels }) => Object.keys(labels)).sort();
  return [...new Set([...ALWAYS, ...others])].slice(0, MOST_SUGGESTED);
}

/** Values that a label has on incidents and monitors now. */
export function knownValues(label: string, incidents: readonly Incident[], monitors: readonly Monitor[]): string[] {
  const ofMonitors = monitors.flatMap((monitor) => {
    if (label === 'service') return [monitor.service];
    if (label === 'environment') return [monitor.environment];
    if (label === 'monitor') return [monitor.key];
    return label === 'policy' && monitor.policy ? [monitor.policy] : [];
  });
  const ofIncidents = incidents.flatMap(({ labels }) => (Object.hasOwn(labels, label) ? [labels[label]!] : []));
  const fixed = label === 'priority' ? ['P1', 'P2', 'P3', 'P4'] : [];
  return [...new Set([...fixed, ...ofIncidents, ...ofMonitors])].sort().slice(0, MOST_SUGGESTED);
}

/** `service = billing and environment != staging`. */
export function matcherWords(matchers: readonly Matcher[]): string {
  return matchers.map(({ label, is, value }) => `${label} ${is} ${value === '' ? 'nothing' : value}`).join(' and ');
}
