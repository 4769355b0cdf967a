import { memo } from 'react';
import { Link } from 'wouter';
import type { ListedRule, RuleInstance } from '../../../../control/resources.ts';
import { rulePath } from '../api/client.ts';
import { HeldTag } from '../incidents/held-banner.tsx';
import { RuleMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { EvaluationStrip } from './evaluation-strip.tsx';
import { kindWords } from './rule-words.ts';
import '../incidents/incidents.css';

const INSTANCES_AT_ONCE = 3;

export function RuleTable({ rules }: { rules: ListedRule[] }) {
  return (
    <div className="panel scroll-x">
      <table className="data-table stacks rule-table">
        <caption className="visually-hidden">Rules, worst first</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col">Now, against its limit</th>
            <th scope="col">Last evaluations, newest right</th>
            <th scope="col">Next</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <RuleRow key={`${rule.policy}/${rule.rule}`} rule={rule} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const RuleRow = memo(function RuleRow({ rule }: { rule: ListedRule }) {
  const incident = rule.instances.find(({ incident_id }) => incident_id !== null)?.incident_id;
  return (
    <tr data-state={rule.state}>
      <td className="rule-state">
        <RuleMark state={rule.state} />
        {rule.since && rule.state !== 'no_data' && (
          <span className="since">
            {' '}
            for <Time at={rule.since} as="for" />
          </span>
        )}
      </td>
      <th scope="row" className="wide rule-name">
        <span className="priority" data-priority={rule.state === 'firing' ? rule.priority : undefined}>
          {rule.priority}
        </span>{' '}
        <Link href={rulePath(rule.policy, rule.rule)} data-row>
          {rule.name}
        </Link>{' '}
        {rule.held && <HeldTag held={rule.held} />}
        <span className="rule-aside faint">
          {[rule.policy_name, kindWords(rule.kind), rule.service, rule.team && `team ${rule.team}`]
            .filter(Boolean)
            .join(' · ')}
        </span>
        {incident && (
          <span className="rule-aside">
            <Link href={`/incidents/${incident}`}>Open incident</Link>
          </span>
        )}
        {rule.trouble && <span className="rule-trouble">{rule.trouble.message}</span>}
      </th>
      <td className="wide rule-values">
        <Values rule={rule} />
      </td>
      <td className="rule-history wide">
        {rule.evaluations.length > 0 ? <EvaluationStrip evaluations={rule.evaluations} /> : null}
      </td>
      <td className="nowrap" data-label="next">
        {rule.next_evaluation_at ? <Time at={rule.next_evaluation_at} as="until" /> : '–'}
      </td>
    </tr>
  );
});

/** The worst few, each with what it is and what it may be. */
function Values({ rule }: { rule: ListedRule }) {
  const { counts, instances } = rule;
  const total = counts.firing + counts.pending + counts.no_data + counts.inactive;
  if (total === 0) return <span className="faint">{emptyWords(rule)}</span>;
  // Where all are well, one line is enough.
  const shown = instances.slice(0, rule.state === 'inactive' ? 1 : INSTANCES_AT_ONCE);
  const one = total === 1;
  return (
    <ul>
      {shown.map((instance) => (
        <li key={instance.monitor}>
          {!one && <RuleMark state={instance.state} hideLabel />} <Value instance={instance} named={!one} />
        </li>
      ))}
      {total > shown.length && <li className="faint">{`${total - shown.length} more`}</li>}
    </ul>
  );
}

export function Value({ instance, named }: { instance: RuleInstance; named: boolean }) {
  const { value, threshold, name, state } = instance;
  return (
    <>
      {named && (
        <>
          <bdi>{name}</bdi>:{' '}
        </>
      )}
      <span className={state === 'firing' ? 'rule-value is-bad' : 'rule-value'}>{value ?? 'no data'}</span>
      {threshold && <span className="faint"> / {threshold}</span>}
    </>
  );
}

/** Why there is nothing to show, and what would change that. */
export function emptyWords({ kind, last_evaluated_at }: Pick<ListedRule, 'kind' | 'last_evaluated_at'>): string {
  if (kind === 'scenario') return 'no scenario matches it';
  return last_evaluated_at ? 'nothing to judge: no data yet' : 'waiting for its first evaluation';
}
