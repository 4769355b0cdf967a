import { printYaml } from '../../../core/document/index.ts';
import { labelName } from '../../../core/prometheus-names.ts';
import { type Comparison, expressionOf, type RecordingRule } from '../../promql/expression.ts';
import { quoted } from '../../promql/syntax.ts';
import { fillIn } from '../../template.ts';
import { type Alert, writtenLimit } from '../alert.ts';
import type { CompileContext } from '../compiler.ts';
import { groupedBy } from '../condition.ts';
import { goWords } from '../go-template.ts';
import { durationText } from '../limits.ts';

/** What an alert becomes: what it measures, and when that is too much. */
export interface PrometheusRules {
  records: readonly RecordingRule[];
  rule: PrometheusRule;
}

/** An alerting rule as it stands in a rule file. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface PrometheusRule {
  alert: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const HUMANE: Readonly<Record<string, string>> = {
  s: 'humanizeDuration',
  share: 'humanizePercentage',
  By: 'humanize1024',
};

export function rulesOf(alert: Alert, context: CompileContext): PrometheusRules {
  const { records, judged, known, unit } = expressionOf(alert, context, true);
  const humane = HUMANE[unit] ?? 'humanize';
  const labels = {
    ringdown_policy: alert.policy.id,
    ringdown_rule: alert.id,
    severity: alert.priority,
    ...(alert.service === null ? {} : { service: goWords(alert.service) }),
    ...(alert.environment === null ? {} : { environment: goWords(alert.environment) }),
    ...Object.fromEntries(Object.entries(alert.labels).map(([name, value]) => [labelName(name), goWords(value)])),
  };
  const limit = writtenLimit(alert);
  const name = (word: string) => {
    if (word === 'value') return `{{ $value | ${humane} }}`;
    return word === 'threshold' ? limit : `{{ $labels.${labelName(word)} }}`;
  };
  const rule = {
    alert: alert.name,
    expr: whenUnknown(alert, breachedOf(judged), known),
    ...(alert.for_ms > 0 ? { for: durationText(alert.for_ms) } : {}),
    ...(alert.keep_firing_for_ms > 0 ? { keep_firing_for: durationText(alert.keep_firing_for_ms) } : {}),
    labels,
    annotations: {
      summary: fillIn(alert.summary, name, goWords),
      ...(alert.runbook === null ? {} : { runbook_url: goWords(alert.runbook) }),
    },
  };
  return { records, rule };
}

/** Rules of one policy and interval are a group: evaluated one after another, at one time. */
export function rulesFile(compiled: readonly { alert: Alert; piece: PrometheusRules }[]): string {
  const groups = [...Map.groupBy(compiled, ({ alert }) => `${alert.policy.id} ${alert.every_ms}`).values()];
  const rules = groups.map((group) =>
    group.flatMap(({ alert, piece: { records, rule } }) => [
      ...records.map((record, index) => ({
        rule: record as RecordingRule | PrometheusRule,
        comment: index > 0 ? undefined : commentOf(alert),
      })),
      { rule, comment: records.length > 0 ? undefined : commentOf(alert) },
    ]),
  );
  const document = {
    groups: groups.map((group, index) => {
      const { policy, every_ms } = group[0]!.alert;
      return {
        name: `ringdown ${policy.id} ${durationText(every_ms)}`,
        interval: durationText(every_ms),
        rules: rules[index]!.map(({ rule }) => rule),
      };
    }),
  };
  return printYaml(document, {
    block: (path) => path.length < 5,
    comment: (path) => {
      if (path.length === 0)
        return 'Made by `ringdown alerts compile --target prometheus`: change the policy, not this file.';
      const [, group, , rule] = path;
      return path.length === 4 && typeof group === 'number' && typeof rule === 'number'
        ? rules[group]![rule]!.comment
        : undefined;
    },
  });
}

function breachedOf(judged: readonly (readonly Comparison[])[]): string {
  const all = judged.map((comparisons) =>
    comparisons.map(({ value, operator, number }) => `${value} ${operator} ${number}`).join(' and '),
  );
  return all.length === 1 ? all[0]! : all.map((one) => `(${one})`).join(' or ');
}

function commentOf({ name, approximations }: Alert): string {
  return [name, ...approximations.map(({ message }) => `approximate: ${message}`)].join('\n');
}

/**
 * To Prometheus, what has no sample any more is well. `no_data: keep` goes on with what fired, as Prometheus itself
 * recorded it; `alert` fires for what is not there.
 */
function whenUnknown(alert: Alert, breached: string, known: string | null): string {
  if (known === null || alert.no_data === 'ok') return breached;
  const label = labelOf(alert);
  const by = label === null ? '' : ` by (${label})`;
  if (alert.no_data === 'alert') {
    if (label === null) return `${breached} or (vector(1) unless on () ${known})`;
    alert.approximate(
      ['no_data'],
      `no_data: alert: a ${label} that Prometheus has not heard of within the last hour is forgotten, and well`,
    );
    return `${breached} or (group${by} (last_over_time(${known}[1h])) unless on (${label ?? ''}) ${known})`;
  }
  const firing = `ALERTS{alertname=${quoted(alert.name)},alertstate="firing"}`;
  return `${breached} or (max${by} (${firing}) unless on (${label ?? ''}) ${known})`;
}

function labelOf(alert: Alert): string | null {
  const { condition } = alert;
  if (condition.is === 'failing') return 'monitor, service, environment';
  if (condition.is === 'backend') return 'backend';
  const by = groupedBy(condition);
  return by.length === 0 ? null : by.map(labelName).join(', ');
}
