import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Attempt, RunComparison, RunResult, Trace } from '../../../../control/resources.ts';
import { monitorPath } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Choices } from '../parts/choices.tsx';
import { Crumbs, Fact, Loading, MissingPage, PageTitle, Panel } from '../parts/page-parts.tsx';
import { RunMark, StateMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { durationWords, plural } from '../time/words.ts';
import { serverErrorOf } from '../trace/server-error.ts';
import { TraceOfRun } from '../trace/trace-of-run.tsx';
import { AttemptView } from './attempt-view.tsx';
import { ComparisonPanel } from './comparison-panel.tsx';
import { LoadFigures } from './load-figures.tsx';
import { verdictOf } from './verdict.ts';
import './run-page.css';

export function RunPage({ id }: { id: string }) {
  const run = useResource<RunResult>(`/api/v1/runs/${encodeURIComponent(id)}`);
  const comparison = useResource<RunComparison>(`/api/v1/runs/${encodeURIComponent(id)}/comparison`);

  const trace = useResource<Trace>(run.data?.trace_id ? `/api/v1/telemetry/traces/${run.data.trace_id}` : null);
  const serverError = useMemo(() => {
    const failed = run.data?.failure;
    return failed && trace.data ? serverErrorOf(trace.data, failed.span_id) : null;
  }, [run.data, trace.data]);

  if (!run.data) {
    if (run.problem) return <MissingPage title="Run" problem={run.problem} retry={run.reload} />;
    return (
      <div className="page">
        <PageTitle>Run</PageTitle>
        <Loading what="the run" />
      </div>
    );
  }
  const baseline = comparison.data?.baseline_run_id ?? null;
  return (
    <div className="page">
      <RunHead run={run.data} baseline={baseline} serverError={serverError} />
      {run.data.load ? (
        <LoadFigures load={run.data.load} />
      ) : (
        <>
          <Attempts run={run.data} />
          <ComparisonPanel comparison={comparison} run={run.data} />
          <TraceOfRun run={run.data} trace={trace} />
        </>
      )}
    </div>
  );
}

interface RunHeadProps {
  run: RunResult;
  /** Id of the last passing run before it. */
  baseline: string | null;
  serverError: string | null;
}

function RunHead({ run, baseline, serverError }: RunHeadProps) {
  const verdict = verdictOf(run);
  const { failure } = run;
  return (
    <>
      <div className="page-head">
        <PageTitle>{`${run.name}: ${run.status}`}</PageTitle>
        <Crumbs
          trail={[
            ['Status', '/'],
            // Load tests are kept apart from the runs of their monitor.
            [run.name, monitorPath(run.monitor.replace(/:load$/, ''))],
          ]}
        />
        <div className="verdict">
          <StateMark state={verdict.tone} hideLabel />
          <h1>{verdict.words}</h1>
        </div>
        {serverError && (
          <p className="run-server-error">
            <span className="soft">The service says</span> <span className="mono">{serverError}</span>
          </p>
        )}
      </div>
      <section className="panel section-body" aria-label="Facts">
        <dl className="facts">
          {failure?.request && (
            <Fact label="Failing request">
              <span className="mono">
                {failure.request.method} {failure.request.route.replace(`${failure.request.method} `, '')}
              </span>
            </Fact>
          )}
          {failure?.expected != null && (
            <Fact label="Expected">
              <span className="mono">{failure.expected}</span>
            </Fact>
          )}
          {failure?.actual != null && (
            <Fact label="Actual">
              <span className="mono">{failure.actual}</span>
            </Fact>
          )}
          <Fact label="Started">
            <Time at={run.started_at} as="clock" /> (<Time at={run.started_at} as="ago" />)
          </Fact>
          <Fact label="Took">
            {durationWords(run.duration_ms)}
            {!run.load && `, ${plural(run.attempts.length, 'attempt')}`}
          </Fact>
          <Fact label="Service, environment">
            {run.service}, {run.environment}
          </Fact>
          {run.runbook && (
            <Fact label="Runbook">
              <a href={run.runbook} rel="noreferrer">
                {run.runbook.replace(/^https?:\/\//, '')}
              </a>
            </Fact>
          )}
          {baseline && (
            <Fact label="Last passing run before it">
              <Link href={`/runs/${baseline}`}>open</Link>
            </Fact>
          )}
          {run.trace_id && (
            <Fact label="Trace">
              <Link href={`/traces/${run.trace_id}`} className="mono">
                {run.trace_id}
              </Link>
            </Fact>
          )}
        </dl>
      </section>
    </>
  );
}

function Attempts({ run }: { run: RunResult }) {
  const [chosen, setChosen] = useState(run.attempts.length - 1);
  const attempt = run.attempts[chosen] as Attempt | undefined;
  return (
    <Panel
      title={run.attempts.length > 1 ? 'Attempts' : 'Steps'}
      id="steps"
      padded={false}
      aside={
        run.attempts.length > 1 && (
          <Choices
            label="Attempts"
            value={chosen}
            onChange={setChosen}
            options={run.attempts.map((one, index) => ({
              value: index,
              label: (
                <>
                  <RunMark kind={one.status} hideLabel /> Attempt {one.number}
                  <span className="faint">{durationWords(one.duration_ms)}</span>
                </>
              ),
            }))}
          />
        )
      }
    >
      {attempt ? (
        <AttemptView key={attempt.number} attempt={attempt} />
      ) : (
        <p className="empty">No attempt was made: {run.watcher_fault ?? 'the run was skipped'}.</p>
      )}
    </Panel>
  );
}
