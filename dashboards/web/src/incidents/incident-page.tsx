import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import type { Incident, IncidentDetail } from '../../../../control/resources.ts';
import { monitorPath } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { Crumbs, Fact, Loading, MissingPage, PageTitle } from '../parts/page-parts.tsx';
import { IncidentMark, StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, percentWords, plural } from '../time/words.ts';
import { Deliveries } from './deliveries.tsx';
import { IncidentActions } from './incident-actions.tsx';
import { Timeline } from './timeline.tsx';
import './incidents.css';

export function IncidentPage({ id }: { id: string }) {
  const detail = useResource<IncidentDetail>(`/api/v1/incidents/${encodeURIComponent(id)}`);
  const live = useLive((state) => state.incidents?.get(id));
  const { reload } = detail;
  // Timeline and deliveries are only in the full answer; a live change says that it is worth asking for.
  const seen = useRef(live);
  useEffect(() => {
    if (seen.current === live) return;
    seen.current = live;
    reload();
  }, [live, reload]);

  // A page is delivered after the incident changed, which no event tells.
  const undelivered = detail.data?.deliveries.some((delivery) => delivery.status === 'pending') ?? false;
  useEffect(() => {
    if (!undelivered) return;
    const timer = window.setInterval(reload, 3_000);
    return () => clearInterval(timer);
  }, [undelivered, reload]);

  if (!detail.data) {
    if (detail.problem) return <MissingPage title="Incident" problem={detail.problem} retry={detail.reload} />;
    return (
      <div className="page">
        <PageTitle>Incident</PageTitle>
        <Loading what="the incident" />
      </div>
    );
  }
  const incident = detail.data;
  return (
    <div className="page">
      <PageTitle>{incident.title}</PageTitle>
      <div className="page-head">
        <Crumbs trail={[['Incidents', '/incidents']]} />
        <div className="page-head-row">
          <h1>{incident.title}</h1>
          <IncidentActions incident={incident} onChange={detail.reload} />
        </div>
        <p className="incident-state">
          <span className="priority" data-priority={incident.state === 'resolved' ? undefined : incident.priority}>
            {incident.priority}
          </span>
          <IncidentMark state={incident.state} />
          <StateWords incident={incident} />
        </p>
      </div>
      <CausePanel incident={incident} />
      <FactsPanel incident={incident} />
      <div className="incident-columns">
        <Timeline events={incident.timeline} />
        <Deliveries deliveries={incident.deliveries} />
      </div>
    </div>
  );
}

function StateWords({ incident }: { incident: Incident }) {
  if (incident.resolved_at) {
    return (
      <span className="soft">
        <Time at={incident.resolved_at} as="clock" />,{' '}
        {incident.resolved_by ? `by ${incident.resolved_by}` : 'because its monitors passed again'}
      </span>
    );
  }
  if (incident.acknowledged_at) {
    return (
      <span className="soft">
        by {incident.acknowledged_by ?? 'somebody'}, <Time at={incident.acknowledged_at} as="clock" />
      </span>
    );
  }
  return (
    <span className="soft">
      since <Time at={incident.triggered_at} as="clock" /> (<Time at={incident.triggered_at} as="for" />
      ), nobody has acknowledged it
    </span>
  );
}

/** The server's own error first: it is what one came for. */
function CausePanel({ incident }: { incident: Incident }) {
  const { cause } = incident;
  return (
    <section className="panel cause" data-state={incident.state} aria-labelledby="cause">
      <h2 id="cause" className="visually-hidden">
        Cause
      </h2>
      {cause.server_error ? (
        <div>
          <p className="cause-label">The server's own error</p>
          <p className="cause-error mono">{cause.server_error}</p>
        </div>
      ) : (
        <p className="soft">
          The service logged no error for this request, or sent no telemetry
          {incident.state === 'resolved' ? '' : ' yet'}.
        </p>
      )}
      <p className="cause-step">
        <Link href={monitorPath(cause.monitor)}>{cause.monitor_name}</Link>{' '}
        {incident.state === 'resolved' ? 'failed' : 'fails'} at <strong>{cause.step}</strong>: {cause.message}
        {cause.route && (
          <>
            {' '}
            (<span className="mono">{cause.route}</span>)
          </>
        )}
      </p>
      {(cause.expected !== null || cause.actual !== null) && (
        <dl className="cause-values">
          <div>
            <dt>Expected</dt>
            <dd className="mono">{cause.expected ?? '–'}</dd>
          </div>
          <div>
            <dt>Actual</dt>
            <dd className="mono cause-actual">{cause.actual ?? '–'}</dd>
          </div>
        </dl>
      )}
      <ul className="cause-links">
        <li>
          <Link href={`/runs/${cause.run_id}`} className="button primary plain">
            Open the failing run
          </Link>
        </li>
        <li>
          <Link href={`/traces/${cause.trace_id}`} className="button plain">
            Trace
          </Link>
        </li>
        {incident.runbook && (
          <li>
            <a href={incident.runbook} rel="noreferrer" className="button plain">
              Runbook
            </a>
          </li>
        )}
      </ul>
    </section>
  );
}

function FactsPanel({ incident }: { incident: Incident }) {
  const monitors = useLive((state) => state.monitors);
  const { cause, evidence, deployment } = incident;
  const traffic = evidence.real_traffic;
  // Some that were healthy when the first one failed have joined it since.
  const healthy = evidence.healthy_monitors.filter((key) => !incident.monitors.includes(key));
  return (
    <section className="panel section-body" aria-label="Facts">
      <dl className="facts">
        <Fact label="Failing since">
          <Time at={cause.failing_since} as="clock" />, {plural(cause.attempts, 'attempt')}
        </Fact>
        <Fact label="Real requests on that route, 5 min">
          {traffic === null
            ? 'not known'
            : traffic.requests === 0
              ? 'none'
              : `${countWords(traffic.errors)} of ${countWords(traffic.requests)} fail (${percentWords(traffic.errors / traffic.requests)})`}
        </Fact>
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
        <Fact label="Failing monitors">
          <ul>
            {incident.monitors.map((key) => {
              const monitor = monitors?.get(key);
              return (
                <li key={key} className="monitor-line">
                  {monitor && <StateMark state={monitor.state} hideLabel />}
                  <Link href={monitorPath(key)}>{monitor?.name ?? key}</Link>
                </li>
              );
            })}
          </ul>
        </Fact>
        <Fact label="Healthy then">
          {healthy.length === 0 ? (
            'no other of the same service'
          ) : (
            <ul>
              {healthy.map((key) => (
                <li key={key}>
                  <Link href={monitorPath(key)}>{monitors?.get(key)?.name ?? key}</Link>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact label="dedup_key">
          <span className="mono">{incident.dedup_key}</span>
        </Fact>
      </dl>
    </section>
  );
}
