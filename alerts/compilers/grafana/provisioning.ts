import { createHash } from 'node:crypto';
import { printYaml } from '../../../core/document/index.ts';
import { labelName } from '../../../core/prometheus-names.ts';
import { type Comparison, expressionOf } from '../../promql/expression.ts';
import { fillIn } from '../../template.ts';
import { type Alert, writtenLimit } from '../alert.ts';
import { type CompileContext, type Compiled, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { groupedBy } from '../condition.ts';
import { goWords } from '../go-template.ts';
import { durationText } from '../limits.ts';

/** As in a file under provisioning/alerting. @see https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/ */
export interface GrafanaRule {
  uid: string;
  title: string;
  condition: string;
  data: {
    refId: string;
    relativeTimeRange: { from: number; to: number };
    datasourceUid: string;
    model: Record<string, unknown>;
  }[];
  noDataState: 'OK' | 'Alerting' | 'KeepLast';
  execErrState: 'KeepLast';
  for: string;
  keepFiringFor?: string;
  missing_series_evals_to_resolve?: number;
  annotations: Record<string, string>;
  labels: Record<string, string>;
  isPaused: boolean;
  notification_settings: {
    receiver: string;
    group_by: string[];
    group_wait: string;
    group_interval: string;
    repeat_interval: string;
  };
}

const RECEIVER = 'Ringdown';
/** Where Grafana works expressions out itself. */
const EXPRESSIONS = '__expr__';
/** Grafana evaluates at multiples of that. */
const TICK_MS = 10_000;
/** A series that is no more keeps its state for so many evaluations: for ever, as far as anybody waits. */
const FOR_EVER = 1_000_000;
const NO_DATA = { keep: 'KeepLast', ok: 'OK', alert: 'Alerting' } as const;
const HUMANE: Readonly<Record<string, string>> = {
  s: 'humanizeDuration',
  share: 'humanizePercentage',
  By: 'humanize1024',
};

export function ruleOf(alert: Alert, context: CompileContext): GrafanaRule {
  const { judged, known, unit } = expressionOf(alert, context, false);
  if (alert.every_ms < TICK_MS) {
    alert.approximate(['every'], `every: ${durationText(alert.every_ms)}: Grafana evaluates every 10 s at most`);
  }
  const uid = context.settings.datasource_uid!;
  const values = [...new Set(judged.flat().map(({ value }) => value))];
  const name = (value: string) => String.fromCharCode(65 + values.indexOf(value));
  const relativeTimeRange = { from: 600, to: 0 };
  const queries = values.map((value) => {
    const model = {
      refId: name(value),
      expr: bare(value),
      instant: true,
      range: false,
      intervalMs: 1000,
      maxDataPoints: 43200,
    };
    return { refId: name(value), relativeTimeRange, datasourceUid: uid, model };
  });
  const condition = String.fromCharCode(65 + values.length);
  const math = judged.map((all) => all.map((one) => `$${name(one.value)} ${one.operator} ${one.number}`).join(' && '));
  const expression = math.length === 1 ? math[0]! : math.map((one) => `(${one})`).join(' || ');
  const by = groupedBy(alert.condition);
  if (by.length > 0 && known !== null && alert.no_data === 'alert') {
    alert.approximate(
      ['no_data'],
      `no_data: alert: Grafana takes ${by.join(', ')} for well when only some of its values have no data`,
    );
  }
  return {
    uid: `ringdown-${createHash('sha256').update(alert.name).digest('hex').slice(0, 16)}`,
    title: alert.name,
    condition,
    data: [
      ...queries,
      {
        refId: condition,
        relativeTimeRange,
        datasourceUid: EXPRESSIONS,
        model: { refId: condition, type: 'math', expression, datasource: { type: EXPRESSIONS, uid: EXPRESSIONS } },
      },
    ],
    noDataState: known === null ? 'OK' : NO_DATA[alert.no_data],
    // What cannot be asked is a fault of the watcher, which says nothing about the service.
    execErrState: 'KeepLast',
    for: durationOf(alert.for_ms),
    ...(alert.keep_firing_for_ms > 0 ? { keepFiringFor: durationOf(alert.keep_firing_for_ms) } : {}),
    ...(by.length > 0 && known !== null
      ? { missing_series_evals_to_resolve: alert.no_data === 'keep' ? FOR_EVER : 1 }
      : {}),
    annotations: annotationsOf(alert, judged, unit, name),
    labels: labelsOf(alert),
    isPaused: false,
    notification_settings: {
      receiver: RECEIVER,
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '5m',
    },
  };
}

/** Rules of one policy and interval are a group. */
export function rulesFile(compiled: readonly Compiled<GrafanaRule>[], { settings }: CompileContext): string {
  const groups = [...Map.groupBy(compiled, ({ alert }) => `${alert.policy.id} ${intervalOf(alert)}`)];
  const document = {
    apiVersion: 1,
    groups: groups.map(([name, group]) => ({
      orgId: 1,
      name,
      folder: settings.folder,
      interval: intervalOf(group[0]!.alert),
      rules: group.map(({ piece }) => piece),
    })),
  };
  return printYaml(document, {
    block: (path) => path.length < 6,
    comment: (path) => {
      if (path.length === 0)
        return 'Made by `ringdown alerts compile --target grafana`: change the policy, not this file. Grafana 12 or newer.';
      const [, group, , rule] = path;
      if (path.length !== 4 || typeof group !== 'number' || typeof rule !== 'number') return undefined;
      const notes = groups[group]![1][rule]!.alert.approximations.map(({ message }) => `approximate: ${message}`);
      return notes.length > 0 ? notes.join('\n') : undefined;
    },
  });
}

/** Named by each rule, so that the tree of notification policies, which provisioning replaces as a whole, is left alone. */
export function contactPointsFile({ inboundUrl }: CompileContext): string {
  const settings = {
    url: inboundUrl,
    httpMethod: 'POST',
    authorization_scheme: 'Bearer',
    authorization_credentials: TOKEN_PLACEHOLDER,
  };
  const receivers = [{ uid: 'ringdown', type: 'webhook', disableResolveMessage: false, settings }];
  return printYaml(
    { apiVersion: 1, contactPoints: [{ orgId: 1, name: RECEIVER, receivers }] },
    {
      block: (path) => path.length < 7,
      comment: (path) =>
        path.length === 0
          ? `Made by \`ringdown alerts compile --target grafana\`.\n${TOKEN_PLACEHOLDER}: the token of this entry of \`inbound:\` in ringdown.yaml; \`$NAME\` takes it from Grafana's environment.`
          : undefined,
    },
  );
}

function intervalOf({ every_ms }: Alert): string {
  return durationText(Math.max(TICK_MS, every_ms - (every_ms % TICK_MS)));
}

function annotationsOf(
  alert: Alert,
  judged: readonly (readonly Comparison[])[],
  unit: string,
  name: (value: string) => string,
): Record<string, string> {
  const shown = `{{ $values.${name(judged[0]![0]!.value)}.Value | ${HUMANE[unit] ?? 'humanize'} }}`;
  const limit = writtenLimit(alert);
  const words = (word: string) => {
    if (word === 'value') return shown;
    return word === 'threshold' ? limit : `{{ $labels.${labelName(word)} }}`;
  };
  const summary = fillIn(alert.summary, words, goWords);
  return { summary, ...(alert.runbook === null ? {} : { runbook_url: goWords(alert.runbook) }) };
}

function labelsOf(alert: Alert): Record<string, string> {
  const labels = {
    ringdown_policy: alert.policy.id,
    ringdown_rule: alert.id,
    severity: alert.priority,
    ...(alert.service === null ? {} : { service: alert.service }),
    ...(alert.environment === null ? {} : { environment: alert.environment }),
    ...Object.fromEntries(Object.entries(alert.labels).map(([key, value]) => [labelName(key), value])),
  };
  // Labels are templates, and a dollar would name a variable of Grafana's environment.
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, goWords(value).replaceAll('$', '$$$$')]),
  );
}

/** In the form of Prometheus, which Grafana reads: one that is nothing is `0s`. */
function durationOf(ms: number): string {
  return ms > 0 ? durationText(ms) : '0s';
}

/** Without the parentheses that it needs within a larger expression. */
function bare(expression: string): string {
  if (!expression.startsWith('(') || !expression.endsWith(')')) return expression;
  let depth = 0;
  for (const [index, character] of [...expression].entries()) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    if (depth === 0 && index < expression.length - 1) return expression;
  }
  return expression.slice(1, -1);
}
