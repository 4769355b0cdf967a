import type {
  ComingCall,
  ComingStep,
  Evaluation,
  Forecast,
  ListedRule,
  RuleList,
  RuleState,
} from '../../../../control/resources.ts';
import type { HistoryKind } from '../monitor/history.ts';
import { plural, spanWords } from '../time/words.ts';

export type Shown = RuleState | 'held';

/** Worst first, as the list is. */
export const SHOWN_STATES: readonly Shown[] = ['firing', 'pending', 'unasked', 'no_data', 'inactive', 'held'];

/** `2 rules fire, 1 waits`; what an operator wants to read first. */
export function rulesWords({ counts }: Pick<RuleList, 'counts'>): string {
  const { firing, pending, unasked } = counts;
  const total = firing + pending + unasked + counts.no_data + counts.inactive;
  if (total === 0) return 'No rules';
  const parts = [
    firing > 0 && `${plural(firing, 'rule')} ${firing === 1 ? 'fires' : 'fire'}`,
    pending > 0 && `${firing > 0 ? pending : plural(pending, 'rule')} ${pending === 1 ? 'is' : 'are'} about to`,
    unasked > 0 && `${plural(unasked, 'rule')} cannot be asked`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'No rule fires';
}

const KINDS: Record<string, string> = {
  scenario: 'scenarios',
  rate_of_change: 'rate of change',
  burn_rate: 'burn rate',
};

/** `burn rate`, `threshold`. */
export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll('_', ' ');
}

/** How long it must hold, and how it is judged: `every 15 s, fires after 2 min, ends after 1 min`. */
export function timingWords(rule: Pick<ListedRule, 'every_ms' | 'for_ms' | 'keep_firing_for_ms'>): string {
  const parts = [
    rule.every_ms === null ? 'when a run ends' : `every ${spanWords(rule.every_ms)}`,
    rule.for_ms > 0 && `fires once it has held for ${spanWords(rule.for_ms)}`,
    rule.keep_firing_for_ms > 0 && `goes on for ${spanWords(rule.keep_firing_for_ms)} after it stopped holding`,
  ];
  return parts.filter(Boolean).join(', ');
}

const NO_DATA_WORDS = {
  keep: 'nothing changes',
  ok: 'counts as well',
  alert: 'counts as beyond the limit',
};

export function noDataWords(no_data: ListedRule['no_data']): string | null {
  return no_data && NO_DATA_WORDS[no_data];
}

const STRIP_KINDS: Record<Evaluation['state'], HistoryKind> = {
  inactive: 'passed',
  pending: 'degraded',
  firing: 'failed',
  no_data: 'skipped',
  unasked: 'skipped',
};

export function stripKind({ state }: Pick<Evaluation, 'state'>): HistoryKind {
  return STRIP_KINDS[state];
}

const STATE_WORDS: [Evaluation['state'], string][] = [
  ['inactive', 'well'],
  ['pending', 'waiting'],
  ['firing', 'firing'],
  ['no_data', 'without data'],
  ['unasked', 'could not be asked'],
];

/** `last 36 evaluations: 30 well, 6 firing`. */
export function evaluationsWords(evaluations: readonly Evaluation[]): string {
  if (evaluations.length === 0) return 'not evaluated yet';
  const counts = Map.groupBy(evaluations, ({ state }) => state);
  const parts = STATE_WORDS.filter(([state]) => counts.has(state)).map(
    ([state, word]) => `${counts.get(state)!.length} ${word}`,
  );
  return `last ${plural(evaluations.length, 'evaluation')}: ${parts.join(', ')}`;
}

const WAYS: Record<string, string> = {
  'twilio-voice': 'phone',
  'twilio-sms': 'text message',
  slack: 'Slack',
  teams: 'Teams',
  email: 'e-mail',
  pagerduty: 'PagerDuty',
  ntfy: 'push',
  webhook: 'webhook',
  discord: 'Discord',
  telegram: 'Telegram',
  console: 'console of the watcher',
};

/** `phone of Kim Minji`, or `Slack “team”` of a channel that is nobody's. */
export function callWords({ channel, channel_type, user }: ComingCall): string {
  const way = WAYS[channel_type] ?? channel_type;
  if (user) return `${way} of ${user.name}`;
  return channel_type === 'console' ? `the ${way}` : `${way} “${channel}”`;
}

/** Calls of a step that come at the same time, in their order. */
export function callsByTime({
  calls,
  at,
}: Pick<ComingStep, 'calls' | 'at'>): { at: string | null; calls: ComingCall[] }[] {
  return [...Map.groupBy(calls, (call) => call.at ?? at)].map(([when, own]) => ({ at: when, calls: own }));
}

/** What would come of it, before whom it would tell. */
export function outcomeWords({ outcome, steps }: Pick<Forecast, 'outcome' | 'steps'>): string {
  if (outcome === 'quiet') return 'Nobody would be told: somebody has resolved its incident while it fails.';
  if (outcome === 'opens') return 'It would open an incident.';
  return steps.length === 0
    ? 'It is part of an incident that somebody has, or whose steps are all carried out: nobody else would be told.'
    : 'It would be part of an incident that is open, whose steps go on.';
}
