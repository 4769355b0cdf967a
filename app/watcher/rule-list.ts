import type { RuleQuery } from '../../control/deps.ts';
import type { FilesState, ListedRule, RuleList, RuleState } from '../../control/resources.ts';

/** Worst first. */
export const RULE_STATES: readonly RuleState[] = ['firing', 'pending', 'unasked', 'no_data', 'inactive'];

/** Of a rule's instances a list shows so many: with a thousand of a thousand nobody would be helped. */
const INSTANCES_LISTED = 5;

type Place = readonly [rank: number, policy: string, position: number];

/** A rule with its position in its policy. */
export interface Positioned {
  rule: ListedRule;
  position: number;
}

/**
 * One page of the rules that are asked for, worst first, then by policy as it is written. A cursor names a place in that
 * order, so that a rule that changes its state meanwhile is at most shown twice or on neither page, and no other is.
 */
export function ruleList(all: readonly Positioned[], query: RuleQuery, policies: number, files: FilesState): RuleList {
  const after = readCursor(query.cursor);
  const rest = all
    .filter(({ rule }) => fits(rule, query))
    .sort((a, b) => compare(placeOf(a), placeOf(b)))
    .filter((one) => after === null || compare(placeOf(one), after) > 0);
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  const known = (value: (rule: ListedRule) => string | null) =>
    [...new Set(all.flatMap(({ rule }) => value(rule) ?? []))].sort();
  return {
    items: page.map(({ rule }) => ({ ...rule, instances: rule.instances.slice(0, INSTANCES_LISTED) })),
    next_cursor: last && rest.length > page.length ? writeCursor(placeOf(last)) : null,
    counts: countsOf(all),
    services: known(({ service }) => service),
    teams: known(({ team }) => team),
    policies,
    files,
  };
}

function fits(rule: ListedRule, { state, service, team, text }: RuleQuery): boolean {
  if (state === 'held' ? rule.held === null : state !== undefined && rule.state !== state) return false;
  if (service !== undefined && rule.service !== service) return false;
  if (team !== undefined && rule.team !== team) return false;
  const words = text?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  if (words.length === 0) return true;
  const { policy, policy_name, name, kind, environment, labels } = rule;
  const said = [policy, policy_name, rule.rule, name, kind, rule.service, environment, ...Object.values(labels)]
    .join(' ')
    .toLowerCase();
  return words.every((word) => said.includes(word));
}

function countsOf(all: readonly Positioned[]): RuleList['counts'] {
  const counts = { firing: 0, pending: 0, unasked: 0, no_data: 0, inactive: 0, held: 0 };
  for (const { rule } of all) {
    counts[rule.state]++;
    if (rule.held) counts.held++;
  }
  return counts;
}

function placeOf({ rule, position }: Positioned): Place {
  return [RULE_STATES.indexOf(rule.state), rule.policy, position];
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2];
}

function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @returns null for the beginning, and for what is no cursor of ours */
function readCursor(text: string | undefined): Place | null {
  if (text === undefined) return null;
  try {
    const [rank, policy, position] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof rank === 'number' && typeof policy === 'string' && typeof position === 'number')
      return [rank, policy, position];
  } catch {
    // Not JSON: the first page is as good an answer as any.
  }
  return null;
}
