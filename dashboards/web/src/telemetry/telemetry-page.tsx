import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { PageTitle } from '../parts/page-parts.tsx';
import { NotFound } from '../shell/not-found.tsx';
import { LogsView } from './logs-view.tsx';
import { RequestsView } from './requests-view.tsx';
import { RoutesView } from './routes-view.tsx';
import { WINDOWS, windowOf } from './time-window.ts';
import './telemetry.css';

const VIEWS = [
  { name: 'routes', label: 'Routes', href: '/telemetry' },
  { name: 'requests', label: 'Requests', href: '/telemetry/requests' },
  { name: 'logs', label: 'Logs', href: '/telemetry/logs' },
];

export function TelemetryPage({ view }: { view: string }) {
  const [chosen, setChosen] = useState(() => ({ minutes: 60, at: Date.now() }));
  // The last hour is the watcher's, also on a computer with a wrong clock.
  const skew = useLive((state) => state.skew_ms);
  const range = useMemo(() => windowOf(chosen.minutes, chosen.at + skew), [chosen, skew]);
  const current = VIEWS.find((one) => one.name === view);
  if (!current) return <NotFound />;
  return (
    <div className="page">
      <PageTitle>{`Telemetry: ${current.label}`}</PageTitle>
      <div className="page-head">
        <h1>Telemetry</h1>
        <div className="page-head-row">
          <nav className="tabs" aria-label="Telemetry">
            {VIEWS.map((one) => (
              <Link key={one.name} href={one.href} className="tab" aria-current={one === current ? 'page' : undefined}>
                {one.label}
              </Link>
            ))}
          </nav>
          <div className="telemetry-window">
            <select
              className="field"
              aria-label="Time range"
              value={range.minutes}
              onChange={(event) => setChosen({ minutes: Number(event.target.value), at: Date.now() })}
            >
              {WINDOWS.map(({ label, minutes }) => (
                <option key={minutes} value={minutes}>
                  last {label}
                </option>
              ))}
            </select>
            <button type="button" className="button" onClick={() => setChosen({ ...chosen, at: Date.now() })}>
              Refresh
            </button>
          </div>
        </div>
      </div>
      {view === 'routes' && <RoutesView range={range} />}
      {view === 'requests' && <RequestsView range={range} />}
      {view === 'logs' && <LogsView range={range} />}
    </div>
  );
}
