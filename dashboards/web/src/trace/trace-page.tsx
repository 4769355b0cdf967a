import type { Trace } from '../../../../control/resources.ts';
import { useResource } from '../api/use-resource.ts';
import { Crumbs, Loading, MissingPage, PageTitle, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';
import { TraceView } from './trace-view.tsx';
import '../run/run-page.css';

/** Any trace by its id, whoever caused it. */
export function TracePage({ traceId }: { traceId: string }) {
  const trace = useResource<Trace>(`/api/v1/telemetry/traces/${encodeURIComponent(traceId)}`);
  if (!trace.data) {
    if (trace.problem) return <MissingPage title="Trace" problem={trace.problem} retry={trace.reload} />;
    return (
      <div className="page">
        <PageTitle>Trace</PageTitle>
        <Loading what="the trace" />
      </div>
    );
  }
  const first = trace.data.spans[0];
  const services = [...new Set(trace.data.spans.map((span) => span.service))];
  return (
    <div className="page">
      <PageTitle>{`Trace ${first?.name ?? ''}`}</PageTitle>
      <div className="page-head">
        <Crumbs trail={[['Telemetry', '/telemetry']]} />
        <h1>{first?.name ?? 'Trace'}</h1>
        <p className="soft">
          {first && (
            <>
              <Time at={first.start_time} as="clock" /> ·{' '}
            </>
          )}
          {plural(trace.data.spans.length, 'span')} of {services.join(', ')} · <span className="mono">{traceId}</span>
        </p>
      </div>
      <Panel
        title="Spans"
        id="spans"
        padded={false}
        aside={
          <button type="button" className="button" onClick={trace.reload}>
            Look again
          </button>
        }
      >
        <TraceView trace={trace.data} focus={null} />
      </Panel>
    </div>
  );
}
