import { Link, useSearchParams } from 'wouter';
import type { RuleDetail, RuleInstance } from '../../../../control/resources.ts';
import { encodeKey, monitorPath, query } from '../api/client.ts';
import { HeldBanner } from '../incidents/held-banner.tsx';
import { LabelList } from '../incidents/label-list.tsx';
import { Crumbs, Empty, Fact, Loading, MissingPage, PageTitle, Panel } from '../parts/page-parts.tsx';
import { RuleMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, durationWords, plural } from '../time/words.ts';
import { EvaluationStrip } from './evaluation-strip.tsx';
import { FilePlace } from './file-place.tsx';
import { ForecastPanel } from './forecast-panel.tsx';
import { emptyWords, Value } from './rule-table.tsx';
import { evaluationsWords, kindWords, noDataWords, timingWords } from './rule-words.ts';
import { useRules } from './use-rules.ts';
import './rules.css';
import '../incidents/incidents.css';

const INSTANCES_AT_ONCE = 50;

/** One rule: what it sees now, who would be told, and how it is written. */
export function RulePage({ policy, rule }: { policy: string; rule: string }) {
  const [search, setSearch] = useSearchParams();
  const monitor = search.get('monitor');
  const detail = useRules<RuleDetail>(`/api/v1/rules/${encodeKey(policy)}/${encodeKey(rule)}${query({ monitor })}`);
  const { data } = detail;
  if (!data) {
    if (detail.problem) return <MissingPage title="Rule" problem={detail.problem} retry={detail.reload} />;
    return (
      <div className="page">
        <PageTitle>Rule</PageTitle>
        <Loading what="the rule" />
      </div>
    );
  }
  const incident = data.instances.find(({ incident_id }) => incident_id !== null)?.incident_id;
  return (
    <div className="page">
      <PageTitle>{data.name}</PageTitle>
      <div className="page-head">
        <Crumbs trail={[['Rules', '/rules']]} />
        <div className="page-head-row">
          <h1>{data.name}</h1>
          <div className="rule-links">
            {incident && (
              <Link href={`/incidents/${incident}`} className="button primary plain">
                Open incident
              </Link>
            )}
            {data.runbook && (
              <a href={data.runbook} rel="noreferrer" className="button plain">
                Runbook
              </a>
            )}
          </div>
        </div>
        <p className="incident-state">
          <span className="priority" data-priority={data.state === 'firing' ? data.priority : undefined}>
            {data.priority}
          </span>
          <RuleMark state={data.state} />
          {data.since && data.state !== 'no_data' && (
            <span className="soft">
              since <Time at={data.since} as="clock" /> (<Time at={data.since} as="for" />)
            </span>
          )}
        </p>
      </div>
      {data.held && <HeldBanner held={data.held} />}
      {data.trouble && (
        <p className="notice problem">
          <span>
            Since <Time at={data.trouble.since} as="clock" /> it is not evaluated as it should be:{' '}
            <bdi>{data.trouble.message}</bdi>. This says nothing of the service; what fires goes on firing.
          </span>
        </p>
      )}
      <Instances
        rule={data}
        chosen={data.forecast_of}
        onChoose={(key) => setSearch({ monitor: key }, { replace: true })}
      />
      <ForecastPanel rule={data} />
      <Facts rule={data} />
      {data.written && (
        <Panel title="As it is written" id="written" aside={<Place rule={data} />}>
          <pre>{data.written}</pre>
        </Panel>
      )}
    </div>
  );
}

function Place({ rule }: { rule: RuleDetail }) {
  return rule.file ? <FilePlace file={rule.file} line={rule.line} /> : null;
}

function Facts({ rule }: { rule: RuleDetail }) {
  const noData = noDataWords(rule.no_data);
  return (
    <section className="panel section-body" aria-label="Facts">
      <dl className="facts">
        <Fact label="Policy">{rule.policy_name}</Fact>
        <Fact label="Kind">{kindWords(rule.kind)}</Fact>
        <Fact label="Evaluated">{timingWords(rule)}</Fact>
        <Fact label={rule.kind === 'scenario' ? 'Last run' : 'Last evaluation'}>
          {rule.last_evaluated_at ? <Time at={rule.last_evaluated_at} as="ago" /> : 'not yet'}
          {rule.duration_ms !== null && `, took ${durationWords(rule.duration_ms)}`}
        </Fact>
        <Fact label="Next">
          {rule.next_evaluation_at ? <Time at={rule.next_evaluation_at} as="until" /> : 'not planned'}
        </Fact>
        {noData && <Fact label="Without data">{noData}</Fact>}
        <Fact label="Service">{rule.service ?? 'several'}</Fact>
        <Fact label="Environment">{rule.environment ?? 'several'}</Fact>
        <Fact label="Team">{rule.team ?? 'none said'}</Fact>
      </dl>
      {rule.evaluations.length > 0 && (
        <>
          <h3 className="labels-title">Since the watcher started, newest right</h3>
          <p className="rule-evaluations">
            <EvaluationStrip evaluations={rule.evaluations} />
            <span className="soft">{evaluationsWords(rule.evaluations)}</span>
          </p>
        </>
      )}
      {Object.keys(rule.labels).length > 0 && (
        <>
          <h3 className="labels-title">Labels</h3>
          <LabelList labels={rule.labels} />
        </>
      )}
    </section>
  );
}

interface InstancesProps {
  rule: RuleDetail;
  chosen: string | null;
  onChoose(monitor: string): void;
}

/** Each set of labels by itself, worst first. */
function Instances({ rule, chosen, onChoose }: InstancesProps) {
  const { instances, left_out } = rule;
  const rest = instances.slice(INSTANCES_AT_ONCE);
  const rows = (some: RuleInstance[]) => (
    <InstanceRows rule={rule} instances={some} chosen={instances.length > 1 ? chosen : null} onChoose={onChoose} />
  );
  return (
    <Panel
      title={rule.kind === 'scenario' ? 'Scenarios it is about' : 'What it sees now'}
      id="instances"
      padded={false}
      aside={instances.length > 1 && <span className="soft">{countWords(instances.length)}, worst first</span>}
    >
      {instances.length === 0 ? (
        <Empty title={emptyWords(rule)}>
          {rule.kind === 'scenario'
            ? 'Its tags, ids, services or environments are those of no scenario that is scheduled.'
            : 'What it asks for has not been received. Telemetry shows what is; the rule below says what it asks for.'}
        </Empty>
      ) : (
        rows(instances.slice(0, INSTANCES_AT_ONCE))
      )}
      {rest.length > 0 && (
        <details className="rule-rest">
          <summary>{countWords(rest.length)} more</summary>
          {rows(rest)}
        </details>
      )}
      {left_out > 0 && (
        <p className="faint rule-rest">{plural(left_out, 'more series')} are not watched: one rule watches 1,000.</p>
      )}
    </Panel>
  );
}

function InstanceRows({ rule, instances, chosen, onChoose }: InstancesProps & { instances: RuleInstance[] }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <caption className="visually-hidden">What it sees now, worst first</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">{rule.kind === 'scenario' ? 'Scenario' : 'Of'}</th>
            <th scope="col">Now, against its limit</th>
            <th scope="col">
              <span className="visually-hidden">Links</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {instances.map((instance) => (
            <tr key={instance.monitor} data-chosen={instance.monitor === chosen}>
              <td className="rule-state">
                <RuleMark state={instance.state} />
                {instance.since && (
                  <span className="since">
                    {' '}
                    for <Time at={instance.since} as="for" />
                  </span>
                )}
              </td>
              <th scope="row" className="wide rule-name">
                {rule.kind === 'scenario' ? (
                  <Link href={monitorPath(instance.monitor)} data-row>
                    {instance.name}
                  </Link>
                ) : (
                  <bdi>{instance.name}</bdi>
                )}
                {instance.text && <span className="rule-aside soft">{instance.text}</span>}
              </th>
              <td className="wide">
                <Value instance={instance} named={false} />
              </td>
              <td>
                <div className="rule-links">
                  {instance.incident_id && <Link href={`/incidents/${instance.incident_id}`}>Incident</Link>}
                  {chosen !== null && instance.monitor !== chosen && (
                    <button
                      type="button"
                      className="link-button"
                      aria-label={`Who is told? Of ${instance.name}`}
                      onClick={() => onChoose(instance.monitor)}
                    >
                      Who is told?
                    </button>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
