import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import type { Incident, IncidentDetail } from '../../../../control/resources.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { useName } from '../parts/name-field.tsx';
import { Crumbs, Loading, MissingPage, PageTitle } from '../parts/page-parts.tsx';
import { IncidentMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { CausePanel } from './cause-panel.tsx';
import { ComingPanel } from './coming-panel.tsx';
import { Deliveries } from './deliveries.tsx';
import { Explanation } from './explanation.tsx';
import { HeldBanner } from './held-banner.tsx';
import { IncidentActions } from './incident-actions.tsx';
import { IncidentFacts } from './incident-facts.tsx';
import { LogRecords } from './log-records.tsx';
import { Timeline } from './timeline.tsx';
import { unreached } from './unreached.ts';
import { WorkPanel } from './work-panel.tsx';
import './incidents.css';

export function IncidentPage({ id }: { id: string }) {
  const name = useName();
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
        <div className="incident-crumbs">
          <Crumbs trail={[['Incidents', '/incidents']]} />
          <a href={`/api/v1/incidents/${encodeURIComponent(incident.id)}/export`} download>
            Export as Markdown
          </a>
        </div>
        <div className="page-head-row">
          <h1>{incident.title}</h1>
          <IncidentActions incident={incident} name={name} onChange={detail.reload} />
        </div>
        <p className="incident-state">
          <span className="priority" data-priority={incident.state === 'resolved' ? undefined : incident.priority}>
            {incident.priority}
          </span>
          <IncidentMark state={incident.state} />
          <StateWords incident={incident} />
          {incident.assignee && <span className="soft">assigned to {incident.assignee}</span>}
        </p>
      </div>
      {incident.held && incident.state !== 'resolved' && <HeldBanner held={incident.held} />}
      {incident.merged_into && (
        <p className="notice">
          It is part of <Link href={`/incidents/${incident.merged_into}`}>another incident</Link>, which goes on.
        </p>
      )}
      <UnreachedNotice incident={incident} />
      <CausePanel incident={incident} />
      <LogRecords incident={incident} />
      <ComingPanel incident={incident} />
      <IncidentFacts incident={incident} />
      {incident.state !== 'resolved' && <WorkPanel incident={incident} name={name} onChange={detail.reload} />}
      <Explanation incident={incident} />
      <div className="incident-columns">
        <Timeline events={incident.timeline} />
        <Deliveries deliveries={incident.deliveries} held={incident.held} />
      </div>
    </div>
  );
}

/** The loudest thing of an incident is that nobody knows of it. */
function UnreachedNotice({ incident }: { incident: IncidentDetail }) {
  const found = unreached(incident);
  if (!found) return null;
  return (
    <p className="notice problem" role="status">
      <span>
        <strong>Nobody has been reached yet.</strong> {found.channels.join(', ')}{' '}
        {found.channels.length === 1 ? 'does' : 'do'} not take the page: <bdi>{found.error}</bdi>. It is tried again;
        whoever reads this is the first to know.
      </span>
    </p>
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
