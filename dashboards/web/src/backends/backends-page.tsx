import { useEffect } from 'react';
import type { BackendStatus, LedgerRow, List, ReceiverStatus } from '../../../../control/resources.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, Fact, Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { CheckMark } from '../parts/state-mark.tsx';
import { countWords, plural, sizeWords, spanWords } from '../time/words.ts';
import { unexplained } from './ledger.ts';
import '../telemetry/telemetry.css';

type BackendsAnswer = List<BackendStatus> & { receiver?: ReceiverStatus | null };

const REFRESH_MS = 5_000;
const COLUMNS = ['received', 'delivered', 'pending', 'rejected', 'dropped', 'filtered'] as const;

/** The ledger: where every span, data point and log record went. */
export function BackendsPage() {
  const backends = useResource<BackendsAnswer>('/api/v1/backends');
  const { reload } = backends;
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload]);

  return (
    <div className="page">
      <PageTitle>Backends</PageTitle>
      <div className="page-head">
        <h1>Backends</h1>
        <p className="soft">
          Counted in spans, data points and log records since the ledger began: received = delivered + pending +
          rejected + dropped + filtered.
        </p>
      </div>
      {backends.problem && <LoadProblem problem={backends.problem} retry={backends.reload} />}
      {!backends.data && backends.loading && <Loading what="backends" />}
      {backends.data?.receiver && <Receiver receiver={backends.data.receiver} />}
      {backends.data?.items.length === 0 && (
        <div className="panel">
          <Empty title="No backend">
            Entries under <code>backends:</code> in <code>ringdown.yaml</code> appear here; without any, the embedded
            store does.
          </Empty>
        </div>
      )}
      {backends.data?.items.map((backend) => (
        <BackendPanel key={backend.name} backend={backend} />
      ))}
    </div>
  );
}

function Receiver({ receiver }: { receiver: ReceiverStatus }) {
  return (
    <section className="panel section-body" aria-label="Receivers">
      <dl className="facts">
        <Fact label="OTLP requests accepted">{countWords(receiver.otlp_requests)}</Fact>
        <Fact label="OTLP requests refused">{countWords(receiver.otlp_refused)}</Fact>
        <Fact label="StatsD packets">{countWords(receiver.statsd_packets)}</Fact>
        <Fact label="StatsD lines malformed">{countWords(receiver.statsd_malformed)}</Fact>
        <Fact label="Dropped by the kernel, StatsD">
          {receiver.statsd_socket_drops === null
            ? 'this system does not tell'
            : countWords(receiver.statsd_socket_drops)}
        </Fact>
        <Fact label="Spool on disk">{sizeWords(receiver.spool_bytes)}</Fact>
      </dl>
    </section>
  );
}

function BackendPanel({ backend }: { backend: BackendStatus }) {
  const id = `backend-${backend.name}`;
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="section-head">
        <div className="backend-head">
          <h2 id={id}>{backend.name}</h2>
          <span className="tag">{backend.type}</span>
          <CheckMark good={backend.healthy} label={backend.healthy ? 'healthy' : 'not delivering'} />
        </div>
        <span className="soft">
          lag {spanWords(backend.lag_seconds * 1000)} · {sizeWords(backend.pending_bytes)} pending
        </span>
      </div>
      {backend.last_error && <p className="backend-error mono">{backend.last_error}</p>}
      {backend.ledger.length === 0 ? (
        <Empty title="Nothing received yet">Telemetry that arrives is counted here per signal.</Empty>
      ) : (
        <LedgerTable rows={backend.ledger} />
      )}
      {backend.rejections.length > 0 && (
        <div className="rejections">
          <h3>Why items were rejected</h3>
          <ul>
            {backend.rejections.map((rejection) => (
              <li key={rejection.reason}>
                {plural(rejection.count, 'item')}: <span className="mono">{rejection.reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function LedgerTable({ rows }: { rows: LedgerRow[] }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <thead>
          <tr>
            <th scope="col">Signal</th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className="number">
                {column}
              </th>
            ))}
            <th scope="col" className="number">
              unexplained
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.signal}>
              <th scope="row" className="wide">
                {row.signal}
              </th>
              {COLUMNS.map((column) => (
                <td
                  key={column}
                  data-label={column}
                  className={`number ${row[column] > 0 && (column === 'rejected' || column === 'dropped') ? 'has-errors' : ''}`}
                >
                  {countWords(row[column])}
                </td>
              ))}
              <td data-label="unexplained" className={`number ${unexplained(row) === 0 ? 'faint' : 'sum-gap'}`}>
                {countWords(unexplained(row))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
