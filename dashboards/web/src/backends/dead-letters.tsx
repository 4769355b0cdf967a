import { useState } from 'react';
import type { BackendStatus, DeadLetter, List, ReplayOutcome } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Loading, LoadProblem } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { countWords, plural, sizeWords } from '../time/words.ts';
import { outcomeWords } from './replay-words.ts';

const SHOWN = 100;

/** What the backend refused for good, kept on disk: to be looked at, and handed over again once its cause is mended. */
export function DeadLetters({ backend, onReplayed }: { backend: BackendStatus; onReplayed(): void }) {
  const { name } = backend;
  const { records, bytes } = backend.dead_letters;
  const [isOpen, setOpen] = useState(false);
  // Asked for: all of them, or one by its id.
  const [asking, setAsking] = useState<'all' | DeadLetter | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [error, setError] = useState('');
  const path = `/api/v1/backends/${encodeURIComponent(name)}`;
  const letters = useResource<List<DeadLetter>>(isOpen && records > 0 ? `${path}/dead-letters?limit=${SHOWN}` : null);

  const replay = () => {
    const ids = asking === 'all' || asking === null ? undefined : [asking.id];
    setBusy(true);
    setError('');
    setSaid('');
    api<ReplayOutcome>(`${path}/replay`, { method: 'POST', body: ids ? { ids } : {} }).then(
      (outcome) => {
        setBusy(false);
        setAsking(null);
        setSaid(outcomeWords(outcome));
        letters.reload();
        onReplayed();
      },
      (problem: Error) => {
        setBusy(false);
        setError(problem.message);
      },
    );
  };

  return (
    <section className="dead-letters" aria-label={`Dead letters of ${name}`}>
      <div className="dead-letters-head">
        <h3>Dead letters</h3>
        {records === 0 ? (
          <span className="soft">none: nothing that was refused for good is kept</span>
        ) : (
          <>
            <span className="soft">
              {plural(records, 'record')}, {sizeWords(bytes)} on disk
            </span>
            <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? 'Hide' : 'Show'}
            </button>
            <button type="button" className="button" disabled={asking !== null} onClick={() => setAsking('all')}>
              Replay all…
            </button>
          </>
        )}
      </div>
      {asking !== null && (
        <Question
          words={
            asking === 'all'
              ? `Hand over ${plural(records, 'record')} to ${name} once more?`
              : `Hand over this record of ${plural(asking.count, 'refused item')} to ${name} once more?`
          }
          busy={busy}
          onYes={replay}
          onNo={() => {
            setAsking(null);
            setError('');
          }}
        />
      )}
      <p className="form-error" role="alert">
        {error}
      </p>
      <p className="soft" role="status">
        {said}
      </p>
      {isOpen && records > 0 && (
        <>
          {letters.problem && <LoadProblem problem={letters.problem} retry={letters.reload} />}
          {!letters.data && letters.loading && <Loading what="dead letters" />}
          {letters.data && (
            <LetterTable
              letters={letters.data.items}
              isAsking={asking !== null}
              onReplay={(letter) => setAsking(letter)}
            />
          )}
          {records > SHOWN && <p className="faint">The newest {SHOWN} are shown.</p>}
        </>
      )}
    </section>
  );
}

function Question(props: { words: string; busy: boolean; onYes(): void; onNo(): void }) {
  return (
    <section className="notice" aria-label="Replay">
      <span>
        {props.words} What is refused again stays here. A backend without ids of its own may then hold the items twice
        that it took the first time.
      </span>
      <span className="notice-actions">
        <button type="button" className="button primary" disabled={props.busy} onClick={props.onYes}>
          {props.busy ? 'Replaying…' : 'Replay'}
        </button>
        <button type="button" className="button" disabled={props.busy} onClick={props.onNo}>
          Cancel
        </button>
      </span>
    </section>
  );
}

function LetterTable(props: { letters: DeadLetter[]; isAsking: boolean; onReplay(letter: DeadLetter): void }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <caption className="visually-hidden">Dead letters, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Refused</th>
            <th scope="col">Signal</th>
            <th scope="col" className="number">
              items
            </th>
            <th scope="col" className="number">
              record
            </th>
            <th scope="col">Reason</th>
            <th scope="col">
              <span className="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.letters.map((letter) => (
            <tr key={letter.id}>
              <th scope="row">
                <Time at={letter.rejected_at} as="clock" />
              </th>
              <td>{letter.signal}</td>
              <td className="number" data-label="items">
                {countWords(letter.count)}
              </td>
              <td className="number" data-label="record">
                {sizeWords(letter.bytes)}
              </td>
              <td className="mono wide letter-reason">{letter.reason}</td>
              <td>
                <button
                  type="button"
                  className="button"
                  aria-label={`Replay record ${letter.id}`}
                  disabled={props.isAsking}
                  onClick={() => props.onReplay(letter)}
                >
                  Replay…
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
