import { useEffect, useMemo, useState } from 'react';
import type { RunResult, Trace } from '../../../../control/resources.ts';
import type { Loaded } from '../api/use-resource.ts';
import { Choices } from '../parts/choices.tsx';
import { LoadProblem, Panel } from '../parts/page-parts.tsx';
import { serviceSideOf } from './service-side.ts';
import { TraceView } from './trace-view.tsx';

// Telemetry is exported in batches: what is not there yet comes within seconds, or the service sends none.
const LOOK_AGAIN_MS = [1_000, 2_000, 3_000, 5_000, 8_000];

const SCOPES = [
  { value: false, label: 'Failing step' },
  { value: true, label: 'Whole run' },
];

/** What the watched service itself said about this run: its spans and logs, under the requests that caused them. */
export function TraceOfRun({ run, trace }: { run: RunResult; trace: Loaded<Trace> }) {
  const [looks, setLooks] = useState(0);
  const [whole, setWhole] = useState(false);
  const focus = run.failure?.span_id ?? null;
  const told = useMemo(() => serviceSideOf(trace.data, focus), [trace.data, focus]);
  const absent = trace.problem === null || trace.problem.status === 404;
  // A request that never got through to the service has no other side to wait for.
  const expected = run.failure?.kind !== 'network' && run.failure?.kind !== 'refused_target';
  const waiting = told !== 'spans_and_logs' && expected && absent && looks < LOOK_AGAIN_MS.length;
  const { reload, loading } = trace;

  useEffect(() => {
    if (!waiting || loading) return;
    const timer = window.setTimeout(() => {
      setLooks((value) => value + 1);
      reload();
    }, LOOK_AGAIN_MS[looks]);
    return () => clearTimeout(timer);
  }, [waiting, loading, looks, reload]);

  const canFocus = focus !== null && (trace.data?.spans.some((span) => span.span_id === focus) ?? false);
  return (
    <Panel
      title="What the service did"
      id="trace"
      padded={false}
      aside={canFocus && <Choices label="Spans shown" options={SCOPES} value={whole} onChange={setWhole} />}
    >
      <div role="status">
        {waiting && told === 'nothing' && (
          <p className="trace-wait">
            <span className="pulse">●</span> The service's spans are not here yet. Telemetry arrives within seconds;
            this page looks again by itself.
          </p>
        )}
        {!waiting && told === 'nothing' && absent && (
          <p className="trace-wait">
            {expected ? (
              <>
                The service sent no spans for this {focus ? 'request' : 'run'}. It sends them when it speaks
                OpenTelemetry to the watcher's OTLP address; see <code>@ringdown/instrument</code>.
              </>
            ) : (
              'The request did not reach the service: it has nothing to tell about it.'
            )}{' '}
            <button type="button" className="link-button" onClick={() => setLooks(0)}>
              Look again
            </button>
          </p>
        )}
      </div>
      {trace.problem && !absent && <LoadProblem problem={trace.problem} retry={trace.reload} />}
      {trace.data && <TraceView trace={trace.data} focus={canFocus && !whole ? focus : null} />}
    </Panel>
  );
}
