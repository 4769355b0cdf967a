import { memo } from 'react';
import { Link } from 'wouter';
import type { Monitor } from '../../../../control/resources.ts';
import { monitorPath } from '../api/client.ts';
import { FailureText } from '../parts/failure-text.tsx';
import { HistoryStrip } from '../parts/history-strip.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { durationWords, percentWords, plural } from '../time/words.ts';
import type { ServiceGroup } from './board-rows.ts';

/** One service in one environment, with its monitors. */
export function ServiceTable({ group }: { group: ServiceGroup }) {
  return (
    <section className="panel board-service" aria-label={`${group.service}, ${group.environment}`}>
      <table className="board-table">
        <caption>
          <span className="service-name">{group.service}</span> <span className="tag">{group.environment}</span>
        </caption>
        <thead>
          <tr>
            <th scope="col" className="col-state">
              State
            </th>
            <th scope="col">Monitor</th>
            <th scope="col" className="col-history">
              Last runs, newest right
            </th>
            <th scope="col" className="col-number">
              Passed, 24 h
            </th>
            <th scope="col" className="col-number">
              Last run took
            </th>
            <th scope="col" className="col-number">
              Next run
            </th>
          </tr>
        </thead>
        <tbody>
          {group.monitors.map((monitor) => (
            <MonitorRow key={monitor.key} monitor={monitor} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

// One monitor changes at a time; the other rows of the board are left as they are.
const MonitorRow = memo(function MonitorRow({ monitor }: { monitor: Monitor }) {
  return (
    <tr data-state={monitor.state}>
      <td className="cell-state">
        <StateMark state={monitor.state} />
        {monitor.state_since && (
          <span className="since">
            {' '}
            for <Time at={monitor.state_since} as="for" />
          </span>
        )}
      </td>
      <th scope="row" className="cell-name">
        <Link href={monitorPath(monitor.key)} className="row-link" data-row>
          {monitor.name}
        </Link>{' '}
        <FlakyTag monitor={monitor} />
        <Why monitor={monitor} />
      </th>
      <td className="cell-history">
        <HistoryStrip runs={monitor.recent_runs} />
      </td>
      <td className="cell-number" data-label="passed, 24 h">
        {monitor.uptime_24h === null ? '–' : percentWords(monitor.uptime_24h)}
      </td>
      <td className="cell-number" data-label="last run took">
        {monitor.last_run ? durationWords(monitor.last_run.duration_ms) : '–'}
      </td>
      <td className="cell-number" data-label="next run">
        {monitor.running ? (
          'running'
        ) : monitor.next_run_at && monitor.state !== 'paused' ? (
          <Time at={monitor.next_run_at} as="until" />
        ) : (
          '–'
        )}
      </td>
    </tr>
  );
});

/** How often it passes only at a later attempt, where that happens at all. */
function FlakyTag({ monitor }: { monitor: Monitor }) {
  const { flaky, runs } = monitor.flakiness.last_100_runs;
  if (flaky === 0) return null;
  return (
    <span className="tag flaky-tag" title={`${flaky} of the last ${runs} runs passed only at a later attempt`}>
      flaky {percentWords(flaky / runs)} of {plural(runs, 'run')}
    </span>
  );
}

/** Why it is not passing, and where the evidence is. */
function Why({ monitor }: { monitor: Monitor }) {
  const { last_run: run, state } = monitor;
  const quiet = (
    <>
      {monitor.quarantine && (
        <span className="why faint">
          Quarantined until {monitor.quarantine.until}: {monitor.quarantine.reason}
        </span>
      )}
      {monitor.suppressed_by && (
        <span className="why faint">
          Pages nobody while <Link href={monitorPath(monitor.suppressed_by)}>{monitor.suppressed_by}</Link> fails
        </span>
      )}
    </>
  );
  if (state === 'failing' && run?.failure) {
    return (
      <>
        <Link href={`/runs/${run.id}`} className="why plain">
          <FailureText failure={run.failure} />
        </Link>
        {quiet}
      </>
    );
  }
  if (state === 'degraded' && run) {
    return (
      <>
        <Link href={`/runs/${run.id}`} className="why plain">
          {run.attempts > 1 ? `passed at attempt ${run.attempts}` : 'passed, but a warning did not hold'}
        </Link>
        {quiet}
      </>
    );
  }
  if (state === 'no_data') {
    return (
      <>
        <span className="why faint">{run ? 'no result since its last run' : 'waiting for its first run'}</span>
        {quiet}
      </>
    );
  }
  return quiet;
}
