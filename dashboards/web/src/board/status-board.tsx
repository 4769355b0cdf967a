import { useMemo, useState } from 'react';
import type { MonitorState } from '../../../../control/resources.ts';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { Choices } from '../parts/choices.tsx';
import { Empty, Loading, PageTitle } from '../parts/page-parts.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { useSession } from '../shell/session.ts';
import { type BoardFilter, boardWords, countStates, groupByService, STATES } from './board-rows.ts';
import { OpenIncident } from './open-incident.tsx';
import { ServiceTable } from './service-table.tsx';
import './status-board.css';

const NO_FILTER: BoardFilter = { text: '', state: null, tag: null };

export function StatusBoard() {
  const monitors = useLive((state) => state.monitors);
  const incidents = useLive((state) => state.incidents);
  const session = useSession();
  const [filter, setFilter] = useState(NO_FILTER);
  const all = useMemo(() => [...(monitors?.values() ?? [])], [monitors]);
  const counts = useMemo(() => countStates(all), [all]);
  const groups = useMemo(() => groupByService(all, filter), [all, filter]);
  const tags = useMemo(() => [...new Set(all.flatMap((monitor) => monitor.tags))].sort(), [all]);
  const open = useMemo(() => openIncidents(incidents), [incidents]);

  if (!monitors) {
    return (
      <div className="page">
        <PageTitle>Status</PageTitle>
        <h1 className="visually-hidden">Status</h1>
        <Loading what="monitors" />
      </div>
    );
  }
  return (
    <div className="page">
      <PageTitle>Status</PageTitle>
      <div className="page-head">
        <h1>{boardWords(counts)}</h1>
        {all.length > 0 && <BoardControls filter={filter} setFilter={setFilter} counts={counts} tags={tags} />}
      </div>
      {open.length > 0 && (
        <section aria-labelledby="open-incidents" className="open-incidents">
          <h2 id="open-incidents">{open.length === 1 ? '1 open incident' : `${open.length} open incidents`}</h2>
          {open.map((incident) => (
            <OpenIncident key={incident.id} incident={incident} />
          ))}
        </section>
      )}
      {!session.can_page && (
        <p className="notice">
          <strong>No phone rings yet.</strong>
          <span>
            No channel is configured: pages land in the watcher's console and here. Add one under <code>channels:</code>{' '}
            in <code>ringdown.yaml</code>; ntfy needs no account.
          </span>
        </p>
      )}
      {all.length === 0 && (
        <div className="panel">
          <Empty title="Nothing is watched yet">
            A file matching <code>scenarios:</code> in <code>ringdown.yaml</code>, such as{' '}
            <code>scenarios/suites/health.scenario.yaml</code>, with a <code>schedule</code>, becomes a monitor here.
          </Empty>
        </div>
      )}
      {all.length > 0 && groups.length === 0 && (
        <div className="panel">
          <Empty title="No monitor matches the filter">
            <button type="button" className="link-button" onClick={() => setFilter(NO_FILTER)}>
              Show all {all.length}
            </button>
          </Empty>
        </div>
      )}
      {groups.map((group) => (
        <ServiceTable key={`${group.service} ${group.environment}`} group={group} />
      ))}
    </div>
  );
}

interface ControlsProps {
  filter: BoardFilter;
  setFilter(filter: BoardFilter): void;
  counts: Record<MonitorState, number>;
  tags: string[];
}

function BoardControls({ filter, setFilter, counts, tags }: ControlsProps) {
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  return (
    <search className="board-controls">
      <Choices
        label="Filter by state"
        value={filter.state}
        onChange={(state) => setFilter({ ...filter, state })}
        options={[
          { value: null, label: `All ${total}` },
          ...STATES.filter((state) => counts[state] > 0 || filter.state === state).map((state) => ({
            value: state,
            label: (
              <>
                <StateMark state={state} /> {counts[state]}
              </>
            ),
          })),
        ]}
      />
      <div className="board-search">
        <input
          data-filter
          className="field"
          type="search"
          placeholder="Filter by name, service, owner…"
          aria-label="Filter by name, service, owner or tag"
          title="Press / to come here"
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.target.value })}
        />
        {tags.length > 0 && (
          <select
            className="field"
            aria-label="Filter by tag"
            value={filter.tag ?? ''}
            onChange={(event) => setFilter({ ...filter, tag: event.target.value || null })}
          >
            <option value="">All tags</option>
            {tags.map((tag) => (
              <option key={tag} value={tag}>
                {tag}
              </option>
            ))}
          </select>
        )}
      </div>
    </search>
  );
}
