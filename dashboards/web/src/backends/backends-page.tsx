import type { BackendStatus, List, ReceiverStatus, SourceStatus } from '../../../../control/resources.ts';
import { useRefresh } from '../api/use-refresh.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { BackendPanel } from './backend-panel.tsx';
import { Receivers, Sources } from './intake.tsx';
import '../telemetry/telemetry.css';
import './backends.css';

type BackendsAnswer = List<BackendStatus> & { receiver?: ReceiverStatus | null; sources?: SourceStatus[] };

const REFRESH_MS = 5_000;

/** The ledger: where every span, data point and log record went. */
export function BackendsPage() {
  const backends = useResource<BackendsAnswer>('/api/v1/backends');
  const { data, reload } = backends;
  useRefresh(reload, REFRESH_MS);

  return (
    <div className="page">
      <PageTitle>Backends</PageTitle>
      <div className="page-head">
        <h1>Backends</h1>
        <p className="soft">
          Counted in spans, data points, StatsD lines and log records since each ledger began: received = delivered +
          pending + filtered + rejected + dropped.
        </p>
      </div>
      {backends.problem && <LoadProblem problem={backends.problem} retry={reload} />}
      {!data && backends.loading && <Loading what="backends" />}
      {data?.receiver && <Receivers receiver={data.receiver} />}
      {data?.sources && data.sources.length > 0 && <Sources sources={data.sources} />}
      {data?.items.length === 0 && (
        <div className="panel">
          <Empty title="No backend">
            Entries under <code>backends:</code> in <code>ringdown.yaml</code> appear here; without any, the embedded
            store does.
          </Empty>
        </div>
      )}
      {data?.items.map((backend) => (
        <BackendPanel key={backend.name} backend={backend} onReplayed={reload} />
      ))}
    </div>
  );
}
