import type { Meter } from '@opentelemetry/api';
import type { AnswerRecorder } from '../../alerts/history/recorder.ts';
import type { AnswerDesk } from '../../alerts/inbound/answers.ts';
import type { Receiver } from '../../alerts/inbound/receiver.ts';
import type { RuleEvaluator } from '../../alerts/rules/evaluator.ts';

/** What the alerting side tells of itself when somebody looks. */
export interface AlertMetricSources {
  rules: Pick<RuleEvaluator, 'status' | 'behindMs'>;
  ruleAnswers: Pick<AnswerRecorder, 'counts'>;
  inbound: Pick<Receiver, 'counts'>;
  answers: Pick<AnswerDesk, 'counts'>;
  /** Open incidents of which nobody is told for now. */
  held(): number;
  standingSilences(): number;
}

const PHASES = ['inactive', 'pending', 'firing', 'no_data'] as const;

export function observeAlerts(
  meter: Meter,
  { rules, ruleAnswers, inbound, answers, held, standingSilences }: AlertMetricSources,
): void {
  meter
    .createObservableGauge('ringdown_rule_instances', { description: 'Instances of each rule by what they are at.' })
    .addCallback((result) => {
      for (const { policy, rule, instances } of rules.status()) {
        for (const state of PHASES) {
          const count = instances.filter((instance) => instance.state === state).length;
          result.observe(count, { policy, rule, state });
        }
      }
    });
  meter
    .createObservableGauge('ringdown_rule_trouble', { description: '1 for a rule that cannot be evaluated, else 0.' })
    .addCallback((result) => {
      for (const { policy, rule, trouble } of rules.status()) result.observe(trouble ? 1 : 0, { policy, rule });
    });
  meter
    .createObservableGauge('ringdown_rules_behind_seconds', {
      unit: 's',
      description: 'How late the most overdue evaluation is.',
    })
    .addCallback((result) => result.observe(rules.behindMs() / 1_000));
  meter
    .createObservableCounter('ringdown_rule_answers_total', {
      description: 'What rules were answered, by whether it was kept for alerts replay.',
    })
    .addCallback((result) => {
      for (const [outcome, count] of Object.entries(ruleAnswers.counts())) result.observe(count, { outcome });
    });
  meter
    .createObservableCounter('ringdown_inbound_total', {
      description: 'Alerts and requests of other systems by what became of them.',
    })
    .addCallback((result) => {
      for (const { source, outcome, count } of inbound.counts()) result.observe(count, { source, outcome });
    });
  meter
    .createObservableCounter('ringdown_answers_total', {
      description: 'What came back from channels, by what became of it.',
    })
    .addCallback((result) => {
      for (const { channel, outcome, count } of answers.counts()) result.observe(count, { channel, outcome });
    });
  meter
    .createObservableGauge('ringdown_incidents_held', {
      description: 'Open incidents of which nobody is told for now.',
    })
    .addCallback((result) => result.observe(held()));
  meter
    .createObservableGauge('ringdown_silences', { description: 'Silences that stand.' })
    .addCallback((result) => result.observe(standingSilences()));
}
