import { Link } from 'wouter';
import type { WorkerLocation, WorkerStatus } from '../../../../control/resources.ts';
import { monitorPath } from '../api/client.ts';
import { useLive } from '../live/live.tsx';
import { Empty } from '../parts/page-parts.tsx';
import { CheckMark, StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, durationWords, plural } from '../time/words.ts';
import { locationWords, outcomesWords } from './worker-words.ts';

const MONITORS_AT_ONCE = 5;
const RUNS_AT_ONCE = 3;

/** One location: who serves it, what runs there, and what waits. */
export function LocationPanel(props: { location: WorkerLocation; workers: WorkerStatus[]; version: string }) {
  const { location, workers, version } = props;
  const { name, capacity, running, waiting, lag_ms, outcomes } = location;
  const { tone, words } = locationWords(location);
  const id = `location-${name}`;
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="section-head">
        <div className="location-head">
          <h2 id={id}>{name}</h2>
          <CheckMark good={tone === 'passing'} bad={tone} label={words} />
        </div>
        <span className="soft">
          {capacity > 0 && `${countWords(running)} of ${countWords(capacity)} run at the same time · `}
          {countWords(waiting)} waiting
          {waiting > 0 && `, the oldest for ${durationWords(lag_ms)}`} · runs since the watcher started:{' '}
          {outcomesWords(outcomes)}
        </span>
      </div>
      <div className="section-body location-monitors">
        <h3>Runs there</h3>
        <Monitors keys={location.monitors} location={name} />
      </div>
      {workers.length === 0 ? (
        <Empty title="No worker was heard of today">
          Its runs are skipped, and the location says “no data” meanwhile. The command below starts one.
        </Empty>
      ) : (
        <WorkerTable workers={workers} version={version} of={name} />
      )}
    </section>
  );
}

function Monitors({ keys, location }: { keys: string[]; location: string }) {
  const monitors = useLive((state) => state.monitors);
  if (keys.length === 0) return <p className="soft">No scenario names this location.</p>;
  const links = (some: string[]) => (
    <ul>
      {some.map((key) => {
        const monitor = monitors?.get(key);
        const verdict = monitor?.locations?.find((one) => one.name === location);
        return (
          <li key={key} className="location-monitor">
            {verdict && <StateMark state={verdict.state} hideLabel />}
            <Link href={monitorPath(key)}>{monitor?.name ?? key}</Link>
            {verdict?.reason && <span className="soft">{verdict.reason}</span>}
          </li>
        );
      })}
    </ul>
  );
  const rest = keys.slice(MONITORS_AT_ONCE);
  return (
    <>
      {links(keys.slice(0, MONITORS_AT_ONCE))}
      {rest.length > 0 && (
        <details>
          <summary>{plural(rest.length, 'more scenario')}</summary>
          {links(rest)}
        </details>
      )}
    </>
  );
}

function WorkerTable({ workers, version, of }: { workers: WorkerStatus[]; version: string; of: string }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <caption className="visually-hidden">Workers in {of}</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Worker</th>
            <th scope="col">Last heard</th>
            <th scope="col">Running now</th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id}>
              <td>
                <CheckMark good={worker.connected} bad="no_data" label={worker.connected ? 'Connected' : 'Silent'} />
                {!worker.connected && (
                  <span className="soft">
                    {' '}
                    for <Time at={worker.last_seen_at} as="for" />
                  </span>
                )}
              </td>
              <th scope="row" className="wide worker-name">
                <span className="mono" title={worker.id}>
                  {worker.id.slice(-12)}
                </span>
                <span className="faint">
                  {' '}
                  first heard <Time at={worker.first_seen_at} as="ago" />
                </span>
              </th>
              <td className="nowrap" data-label="last heard">
                <Time at={worker.last_seen_at} as="ago" />
              </td>
              <td className="wide">
                <Runs worker={worker} />
              </td>
              <td data-label="version">
                {worker.version}
                {worker.version !== version && <span className="worker-old"> the watcher is {version}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Runs({ worker: { runs, running, concurrency } }: { worker: WorkerStatus }) {
  return (
    <>
      <span>
        {countWords(running)} of {countWords(concurrency)}
      </span>
      {runs.length > 0 && (
        <ul>
          {runs.slice(0, RUNS_AT_ONCE).map(({ monitor, since }) => (
            <li key={monitor} className="soft">
              <Link href={monitorPath(monitor)}>{monitor}</Link> for <Time at={since} as="for" />
            </li>
          ))}
          {runs.length > RUNS_AT_ONCE && <li className="faint">{countWords(runs.length - RUNS_AT_ONCE)} more</li>}
        </ul>
      )}
    </>
  );
}
