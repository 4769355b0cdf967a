import { Link } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { monitorPath, ruleOfMonitor } from '../api/client.ts';
import { useLive } from '../live/live.tsx';
import { Fact } from '../parts/page-parts.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, percentWords, plural } from '../time/words.ts';
import { sourceWords } from './hold-words.ts';
import { LabelList } from './label-list.tsx';

/** More than these would push the timeline off a phone. */
const LINKS_AT_ONCE = 5;

/** Since when, who else is affected, what changed, what is healthy. */
export function IncidentFacts({ incident }: { incident: Incident }) {
  const { cause, evidence, deployment } = incident;
  const traffic = evidence.real_traffic;
  const byRun = incident.source === 'run';
  // Some that were healthy when the first one failed have joined it since.
  const healthy = evidence.healthy_monitors.filter((key) => !incident.monitors.includes(key));
  return (
    <section className="panel section-body" aria-label="Facts">
      <dl className="facts">
        <Fact label="Failing since">
          <Time at={cause.failing_since} as="clock" />
          {byRun && `, ${plural(cause.attempts, 'attempt')}`}
        </Fact>
        {(byRun || traffic) && (
          <Fact label="Real requests on that route, 5 min before it rang">
            {traffic === null
              ? 'not known'
              : traffic.requests === 0
                ? 'none'
                : `${countWords(traffic.errors)} of ${countWords(traffic.requests)} fail (${percentWords(traffic.errors / traffic.requests)})`}
          </Fact>
        )}
        <Fact label="Last deployment">
          {deployment ? (
            <>
              {deployment.version}, <Time at={deployment.deployed_at} as="ago" />
            </>
          ) : (
            'none known'
          )}
        </Fact>
        <Fact label="Service, environment">
          {incident.service}, {incident.environment}
        </Fact>
        <Fact label="Policy">{incident.policy}</Fact>
        <Fact label="Opened by">{sourceWords(incident) ?? 'a scenario'}</Fact>
        <Fact label="Assigned to">{incident.assignee ?? 'nobody'}</Fact>
        <Fact label={membersLabel(incident)}>
          <MonitorLinks keys={incident.monitors} marked />
        </Fact>
        {byRun && (
          <Fact label="Healthy then">
            {healthy.length === 0 ? 'no other of the same service' : <MonitorLinks keys={healthy} />}
          </Fact>
        )}
        <Fact label="dedup_key">
          <span className="mono">{incident.dedup_key}</span>
        </Fact>
      </dl>
      <h3 className="labels-title">Labels</h3>
      <LabelList labels={incident.labels} />
    </section>
  );
}

/** The count is exact, of those that ever joined too. */
function membersLabel({ state, failing_count, monitors }: Incident): string {
  if (state === 'resolved') return `Was about, ${countWords(monitors.length)}`;
  return `Failing now, ${countWords(failing_count)} of ${countWords(monitors.length)} that joined`;
}

function MonitorLinks({ keys, marked = false }: { keys: string[]; marked?: boolean }) {
  const monitors = useLive((state) => state.monitors);
  const links = (some: string[]) => (
    <ul>
      {some.map((key) => {
        const monitor = monitors?.get(key);
        return (
          <li key={key} className={marked ? 'monitor-line' : undefined}>
            {marked && monitor && <StateMark state={monitor.state} hideLabel />}
            {key.startsWith('inbound:') ? (
              <span className="mono">{key.replace(/^\w+:/, '')}</span>
            ) : (
              <Link href={ruleOfMonitor(key) ?? monitorPath(key)}>{monitor?.name ?? key.replace(/^rule:/, '')}</Link>
            )}
          </li>
        );
      })}
    </ul>
  );
  const rest = keys.slice(LINKS_AT_ONCE);
  return (
    <>
      {links(keys.slice(0, LINKS_AT_ONCE))}
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          {links(rest)}
        </details>
      )}
    </>
  );
}
