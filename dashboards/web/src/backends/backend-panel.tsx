import type { BackendStatus, LedgerRow } from '../../../../control/resources.ts';
import { Empty } from '../parts/page-parts.tsx';
import { CheckMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { countWords, percentWords, plural, sizeWords, spanWords } from '../time/words.ts';
import { DeadLetters } from './dead-letters.tsx';
import { COLUMNS, type Figures, healthOf, ITEMS, totalOf, unexplained } from './ledger.ts';

/** One backend: how it does, its ledger, why it refused what, and what can be handed over again. */
export function BackendPanel({ backend, onReplayed }: { backend: BackendStatus; onReplayed(): void }) {
  const id = `backend-${backend.name}`;
  const { tone, words } = healthOf(backend);
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="section-head">
        <div className="backend-head">
          <h2 id={id}>{backend.name}</h2>
          <span className="tag">{backend.type}</span>
          <CheckMark good={tone === 'passing'} bad={tone} label={words} />
          {backend.retry_at && (
            <span className="soft">
              next try <Time at={backend.retry_at} as="until" />
            </span>
          )}
        </div>
        <span className="soft">
          lag {spanWords(backend.lag_seconds * 1000)} · {sizeWords(backend.pending_bytes)} pending ·{' '}
          {sizeWords(backend.delivered_bytes)} settled since the relay started
        </span>
      </div>
      {backend.last_error && (
        <p className={backend.healthy ? 'backend-error is-past' : 'backend-error'}>
          <span className="soft">{backend.healthy ? 'Last error, mended since: ' : 'Error: '}</span>
          <span className="mono">{backend.last_error}</span>
        </p>
      )}
      {backend.ledger.length === 0 ? (
        <Empty title="Nothing received yet">Telemetry that arrives is counted here per signal.</Empty>
      ) : (
        <LedgerTable rows={backend.ledger} caption={`Ledger of ${backend.name}, in items`} />
      )}
      {backend.rejections.length > 0 && <Rejections rejections={backend.rejections} />}
      <DeadLetters backend={backend} onReplayed={onReplayed} />
    </section>
  );
}

function LedgerTable({ rows, caption }: { rows: LedgerRow[]; caption: string }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <caption className="visually-hidden">{caption}</caption>
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
            <FiguresRow key={row.signal} title={row.signal} unit={ITEMS[row.signal]} figures={row} />
          ))}
          {rows.length > 1 && <FiguresRow title="all" unit="items" figures={totalOf(rows)} />}
        </tbody>
      </table>
    </div>
  );
}

function FiguresRow({ title, unit, figures }: { title: string; unit: string; figures: Figures }) {
  const gap = unexplained(figures);
  return (
    <tr className={title === 'all' ? 'ledger-total' : ''}>
      <th scope="row" className="wide">
        {title} <span className="faint ledger-unit">{unit}</span>
      </th>
      {COLUMNS.map((column) => (
        <td
          key={column}
          data-label={column}
          className={`number ${figures[column] > 0 && (column === 'rejected' || column === 'dropped') ? 'has-errors' : ''}`}
        >
          {countWords(figures[column])}
        </td>
      ))}
      <td data-label="unexplained" className={`number ${gap === 0 ? 'faint' : 'sum-gap'}`}>
        {countWords(gap)}
      </td>
    </tr>
  );
}

const SHOWN_AT_ONCE = 3;

function Rejections({ rejections }: { rejections: BackendStatus['rejections'] }) {
  const all = rejections.reduce((sum, { count }) => sum + count, 0);
  const rest = rejections.slice(SHOWN_AT_ONCE);
  const line = ({ reason, count }: BackendStatus['rejections'][number]) => (
    <li key={reason}>
      {plural(count, 'item')} ({percentWords(count / all)}): <span className="mono">{reason}</span>
    </li>
  );
  return (
    <div className="rejections">
      <h3>Why items were rejected</h3>
      <ul>{rejections.slice(0, SHOWN_AT_ONCE).map(line)}</ul>
      {rest.length > 0 && (
        <details>
          <summary>{plural(rest.length, 'more reason')}</summary>
          <ul>{rest.map(line)}</ul>
        </details>
      )}
    </div>
  );
}
