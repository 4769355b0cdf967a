import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Incident, List } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { Choices } from '../parts/choices.tsx';
import { Empty, Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { Pager } from '../parts/pager.tsx';
import { IncidentMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, plural, spanWords } from '../time/words.ts';
import { HeldTag } from './held-banner.tsx';
import { sourceWords } from './hold-words.ts';
import './incidents.css';

type View = 'open' | 'resolved' | 'all';

const VIEWS: { value: View; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'resolved', label: 'Resolved' },
  { value: 'all', label: 'All' },
];
const PAGE_SIZE = 50;

export function IncidentsPage() {
  const live = useLive((state) => state.incidents);
  const open = openIncidents(live);
  const [view, setView] = useState<View>('open');
  return (
    <div className="page">
      <PageTitle>Incidents</PageTitle>
      <div className="page-head page-head-row">
        <h1>{open.length === 0 ? 'No open incident' : plural(open.length, 'open incident')}</h1>
        <Choices label="Incidents shown" options={VIEWS} value={view} onChange={setView} />
      </div>
      {view === 'open' ? <OpenList incidents={open} known={live !== null} /> : <PastList key={view} view={view} />}
    </div>
  );
}

function OpenList({ incidents, known }: { incidents: Incident[]; known: boolean }) {
  if (!known) return <Loading what="incidents" />;
  if (incidents.length === 0) {
    return (
      <div className="panel">
        <Empty title="Nothing is open">
          When a monitor's failure is confirmed by its retries and a policy covers it, an incident opens here and pages.
        </Empty>
      </div>
    );
  }
  return <IncidentTable incidents={incidents} />;
}

function PastList({ view }: { view: 'resolved' | 'all' }) {
  const [trail, setTrail] = useState<string[]>([]);
  const cursor = trail.at(-1) ?? null;
  const state = view === 'resolved' ? 'resolved' : null;
  const page = useResource<List<Incident>>(`/api/v1/incidents${query({ state, limit: PAGE_SIZE, cursor })}`);
  const live = useLive((all) => all.incidents);
  const { reload } = page;
  const seen = useRef(live);
  useEffect(() => {
    if (seen.current === live) return;
    seen.current = live;
    if (cursor === null) reload();
  }, [live, cursor, reload]);

  if (!page.data) {
    return page.problem ? <LoadProblem problem={page.problem} retry={page.reload} /> : <Loading what="incidents" />;
  }
  return (
    <>
      {page.problem && <LoadProblem problem={page.problem} retry={page.reload} />}
      {page.data.items.length === 0 ? (
        <div className="panel">
          <Empty title="No incident yet">Those that were open stay here with their timeline and deliveries.</Empty>
        </div>
      ) : (
        <IncidentTable incidents={page.data.items} />
      )}
      <Pager trail={trail} next={page.data.next_cursor} onTrail={setTrail} />
    </>
  );
}

function IncidentTable({ incidents }: { incidents: Incident[] }) {
  return (
    <div className="panel scroll-x">
      <table className="data-table stacks">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Incident</th>
            <th scope="col">Triggered</th>
            <th scope="col">Lasted</th>
            <th scope="col">Failing</th>
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => (
            <tr key={incident.id}>
              <td>
                <IncidentMark state={incident.state} />
              </td>
              <th scope="row" className="incident-name wide">
                <span
                  className="priority"
                  data-priority={incident.state === 'resolved' ? undefined : incident.priority}
                >
                  {incident.priority}
                </span>{' '}
                <Link href={`/incidents/${incident.id}`} data-row>
                  {incident.title}
                </Link>
                {incident.held && incident.state !== 'resolved' && (
                  <>
                    {' '}
                    <HeldTag held={incident.held} />
                  </>
                )}
                <span className="incident-cause mono">{incident.cause.server_error ?? incident.cause.message}</span>
                <Aside incident={incident} />
              </th>
              <td className="nowrap" data-label="triggered">
                <Time at={incident.triggered_at} as="clock" />
              </td>
              <td className="nowrap" data-label="lasted">
                {incident.resolved_at ? (
                  spanWords(Date.parse(incident.resolved_at) - Date.parse(incident.triggered_at))
                ) : (
                  <>
                    <Time at={incident.triggered_at} as="for" />, open
                  </>
                )}
              </td>
              <td className="nowrap" data-label="failing">
                {incident.state === 'resolved' ? 'was ' : ''}
                {countWords(incident.failing_count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Who has it, and what opened it where that was no scenario. */
function Aside({ incident }: { incident: Incident }) {
  const { acknowledged_by, assignee } = incident;
  const words = [
    sourceWords(incident),
    assignee ? `assigned to ${assignee}` : acknowledged_by && `acknowledged by ${acknowledged_by}`,
    incident.merged_into && 'merged into another one',
  ].filter(Boolean);
  return words.length === 0 ? null : <span className="incident-aside faint">{words.join(' · ')}</span>;
}
