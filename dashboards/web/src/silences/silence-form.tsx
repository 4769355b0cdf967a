import { useState } from 'react';
import type { ListedSilence } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { Labelled } from '../parts/labelled.tsx';
import type { Name } from '../parts/name-field.tsx';
import { Panel } from '../parts/page-parts.tsx';
import { useAction } from '../parts/use-action.ts';
import { instantOfField, localField, nextMorning } from '../time/next-morning.ts';
import { firstRow, MatcherFields } from './matcher-fields.tsx';
import { written } from './matchers.ts';
import { Preview } from './preview.tsx';

type Until = '30m' | '2h' | '8h' | 'morning' | 'time';

const UNTIL: [Until, string][] = [
  ['30m', '30 minutes'],
  ['2h', '2 hours'],
  ['8h', '8 hours'],
  ['morning', 'until tomorrow 9:00'],
  ['time', 'until a time…'],
];

/** A silence by matchers, with what they match shown while they are written. It always has an end. */
export function SilenceForm({ name, onMade }: { name: Name; onMade(): void }) {
  const [drafts, setDrafts] = useState(firstRow);
  const [until, setUntil] = useState<Until>('2h');
  const [time, setTime] = useState(() => localField(nextMorning(Date.now())));
  const [reason, setReason] = useState('');
  const { busy, error, act } = useAction();
  const matchers = written(drafts);
  const named = matchers.filter(({ value }) => value !== '');

  const make = () => {
    const ends = until === 'time' ? instantOfField(time) : nextMorning(Date.now()).toISOString();
    const end = until === 'time' || until === 'morning' ? { ends_at: ends } : { duration: until };
    const body = { matchers, ...end, reason: reason.trim(), ...name.signature() };
    act(api<ListedSilence>('/api/v1/silences', { method: 'POST', body }), () => {
      setDrafts(firstRow());
      setReason('');
      onMade();
    });
  };

  return (
    <Panel title="New silence" id="new-silence">
      <form
        className="silence-form"
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <div className="form">
          <MatcherFields drafts={drafts} onChange={setDrafts} />
          <div className="form-line">
            <Labelled label="For">
              {(id) => (
                <select
                  id={id}
                  className="field"
                  value={until}
                  onChange={(event) => setUntil(event.target.value as Until)}
                >
                  {UNTIL.map(([value, words]) => (
                    <option key={value} value={value}>
                      {words}
                    </option>
                  ))}
                </select>
              )}
            </Labelled>
            {until === 'time' && (
              <Labelled label="Until, 30 days at most">
                {(id) => (
                  <input
                    id={id}
                    className="field"
                    type="datetime-local"
                    required
                    value={time}
                    onChange={(event) => setTime(event.target.value)}
                  />
                )}
              </Labelled>
            )}
            <Labelled label="Because" grows>
              {(id) => (
                <input
                  id={id}
                  className="field"
                  placeholder="deploying"
                  autoComplete="off"
                  maxLength={1_000}
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
              )}
            </Labelled>
            <button
              type="submit"
              className="button primary"
              disabled={busy || named.length === 0 || (until === 'time' && instantOfField(time) === null)}
            >
              Silence
            </button>
          </div>
          <p className="form-error" role="alert">
            {error}
          </p>
        </div>
        <Preview matchers={named.length === 0 ? [] : matchers} />
      </form>
    </Panel>
  );
}
