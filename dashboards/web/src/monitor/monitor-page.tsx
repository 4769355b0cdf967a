import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import type { Monitor } from '../../../../control/resources.ts';
import { encodeKey, monitorPath } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { Choices } from '../parts/choices.tsx';
import { DrawFault } from '../parts/draw-fault.tsx';
import { FailureText } from '../parts/failure-text.tsx';
import { Crumbs, Empty, Fact, Loading, MissingPage, PageTitle, Panel } from '../parts/page-parts.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { durationWords, percentWords, plural } from '../time/words.ts';
import { flakeWords, historyWords, latencyStats } from './history.ts';
import { LoadTests } from './load-tests.tsx';
import { RunList } from './run-list.tsx';
import { RunNowButton } from './run-now-button.tsx';
import { RunStrip } from './run-strip.tsx';
import { useDeployments } from './use-deployments.ts';
import { RANGES, type Range, useRunsOfRange } from './use-runs.ts';
import './monitor-page.css';

// The chart library is the largest part of the UI and only this page needs it.
const LatencyChart = lazy(() => import('./latency-chart.tsx'));

const RANGE_OPTIONS = RANGES.map((range) => ({ value: range, label: range }));

export function MonitorPage({ monitorKey }: { monitorKey: string }) {
  const live = useLive((state) => state.monitors?.get(monitorKey) ?? null);
  const known = useLive((state) => state.monitors !== null);
  // Asked by itself too, so that an unknown key is told apart from a page that is still loading.
  const fetched = useResource<Monitor>(known && !live ? `/api/v1/monitors/${encodeKey(monitorKey)}` : null);
  const monitor = live ?? fetched.data;

  if (!monitor) {
    if (fetched.problem)
      return <MissingPage title={`Monitor ${monitorKey}`} problem={fetched.problem} retry={fetched.reload} />;
    return (
      <div className="page">
        <PageTitle>{monitorKey}</PageTitle>
        <Loading what="the monitor" />
      </div>
    );
  }
  return (
    <div className="page">
      <PageTitle>{monitor.name}</PageTitle>
      <MonitorHead monitor={monitor} />
      <Panel
        title="Latest runs"
        id="latest-runs"
        aside={<span className="faint">{historyWords(monitor.recent_runs)}</span>}
      >
        {monitor.recent_runs.length === 0 ? (
          <Empty title="No run yet">Its first run, {monitor.schedule ?? 'started by hand'}, will appear here.</Empty>
        ) : (
          <>
            <RunStrip runs={monitor.recent_runs} />
            <p className="flake-words">Flaky, passed only at a later attempt: {flakeWords(monitor)}</p>
          </>
        )}
      </Panel>
      <LatencyPanel monitor={monitor} />
      <RunList monitorKey={monitor.key} />
      <LoadTests monitorKey={monitor.key} />
    </div>
  );
}

function MonitorHead({ monitor }: { monitor: Monitor }) {
  const run = monitor.last_run;
  return (
    <>
      <div className="page-head">
        <Crumbs trail={[['Status', '/']]} />
        <div className="page-head-row">
          <h1>{monitor.name}</h1>
          <div className="monitor-actions">
            <RunNowButton monitor={monitor} />
            <Link href={`${monitorPath(monitor.key)}/scenario`} className="button plain">
              Scenario
            </Link>
          </div>
        </div>
        <p className="monitor-state">
          <StateMark state={monitor.state} />
          {monitor.state_since && (
            <span className="soft">
              since <Time at={monitor.state_since} as="clock" /> (<Time at={monitor.state_since} as="for" />)
            </span>
          )}
          {run && monitor.state === 'failing' && run.failure && (
            <Link href={`/runs/${run.id}`}>
              <FailureText failure={run.failure} />
            </Link>
          )}
          {run && monitor.state === 'degraded' && (
            <Link href={`/runs/${run.id}`}>
              {run.attempts > 1 ? `passed at attempt ${run.attempts}` : 'passed, but a warning did not hold'}
            </Link>
          )}
          {monitor.incident_id && <Link href={`/incidents/${monitor.incident_id}`}>open incident</Link>}
        </p>
      </div>
      {monitor.quarantine && (
        <p className="notice">
          <strong>In quarantine until {monitor.quarantine.until}.</strong> It runs and is shown, and never rings:{' '}
          {monitor.quarantine.reason}
        </p>
      )}
      {monitor.suppressed_by && (
        <p className="notice">
          It pages nobody while <Link href={monitorPath(monitor.suppressed_by)}>{monitor.suppressed_by}</Link>, which it
          depends on, fails.
        </p>
      )}
      <section className="panel section-body" aria-label="Facts">
        <dl className="facts">
          <Fact label="Runs that passed, last 24 h">
            {monitor.uptime_24h === null ? 'no runs yet' : percentWords(monitor.uptime_24h)}
          </Fact>
          <Fact label="Last run">
            {run ? (
              <>
                {durationWords(run.duration_ms)}, <Time at={run.started_at} as="ago" />
              </>
            ) : (
              'none yet'
            )}
          </Fact>
          <Fact label="Schedule">{monitor.schedule ?? 'by hand only'}</Fact>
          <Fact label="Next run">
            {monitor.running ? (
              'running now'
            ) : monitor.next_run_at ? (
              <Time at={monitor.next_run_at} as="until" />
            ) : (
              'none planned'
            )}
          </Fact>
          <Fact label="Service, environment">
            {monitor.service}, {monitor.environment}
          </Fact>
          <Fact label="Owner">{monitor.owner ?? 'nobody named'}</Fact>
          <Fact label="Runbook">
            {monitor.runbook ? (
              <a href={monitor.runbook} rel="noreferrer">
                {shortAddress(monitor.runbook)}
              </a>
            ) : (
              'none'
            )}
          </Fact>
          <Fact label="Alert policy">{monitor.policy ?? 'by its tags'}</Fact>
          {monitor.depends_on.length > 0 && (
            <Fact label="Depends on">
              {monitor.depends_on.map((key) => (
                <Link key={key} href={monitorPath(key)} className="mono">
                  {key}
                </Link>
              ))}
            </Fact>
          )}
          <Fact label="Tags">
            {monitor.tags.length === 0
              ? 'none'
              : monitor.tags.map((tag) => (
                  <span key={tag} className="tag">
                    {tag}
                  </span>
                ))}
          </Fact>
          <Fact label="Key">
            <span className="mono">{monitor.key}</span>
          </Fact>
          <Fact label="Scenario">
            <Link href={`${monitorPath(monitor.key)}/scenario`} className="mono">
              {monitor.file}
            </Link>
          </Fact>
        </dl>
      </section>
    </>
  );
}

function shortAddress(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

function LatencyPanel({ monitor }: { monitor: Monitor }) {
  const [range, setRange] = useState<Range>('100 runs');
  const { runs, loading, problem, truncated } = useRunsOfRange(monitor, range);
  const deployments = useDeployments(monitor);
  const stats = latencyStats(runs);
  const words =
    stats.passed === 0
      ? 'no passed run in this range'
      : `${plural(stats.runs, 'run')}, ${stats.runs - stats.passed} not passed · median ${durationWords(stats.p50_ms!)} · p95 ${durationWords(stats.p95_ms!)} · slowest ${durationWords(stats.max_ms!)}`;
  return (
    <Panel
      title="How long a run takes"
      id="latency"
      aside={<Choices label="Time range" options={RANGE_OPTIONS} value={range} onChange={setRange} />}
    >
      <p className="chart-words">
        {problem ? problem.message : words}
        {truncated && ' · only the newest runs of this range are loaded'}
        {loading && ' · loading…'}
      </p>
      <div className="chart-room">
        {runs.length > 0 && (
          <DrawFault what="The chart">
            <Suspense fallback={null}>
              <LatencyChart runs={runs} deployments={deployments} words={words} />
            </Suspense>
          </DrawFault>
        )}
      </div>
      <ul className="chart-legend" aria-hidden="true">
        <li data-mark="line">passed</li>
        <li data-mark="triangle">degraded</li>
        <li data-mark="cross">failed or no answer</li>
        {deployments.length > 0 && <li data-mark="deployment">deployment</li>}
      </ul>
    </Panel>
  );
}
