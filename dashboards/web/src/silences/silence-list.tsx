import type { ListedSilence } from '../../../../control/resources.ts';
import { api, query } from '../api/client.ts';
import type { Name } from '../parts/name-field.tsx';
import { Empty, Panel } from '../parts/page-parts.tsx';
import { useAction } from '../parts/use-action.ts';
import { Time } from '../time/times.tsx';
import { MatcherList } from './matcher-list.tsx';
import { matcherWords } from './matchers.ts';

const GROUPS: [ListedSilence['state'], string][] = [
  ['standing', 'Standing'],
  ['coming', 'Coming'],
  ['ended', 'Ended today'],
];

interface Props {
  silences: ListedSilence[];
  name: Name;
  onEnded(): void;
}

/** Those that stand, that are to come, and that ended within a day. */
export function SilenceList({ silences, name, onEnded }: Props) {
  return (
    <Panel title="Silences" id="silences" padded={false}>
      {silences.length === 0 ? (
        <Empty title="Nothing is silenced">
          A silence made above, in an incident, or by key 6 on the phone stands here until its end, and a day longer.
        </Empty>
      ) : (
        GROUPS.map(([state, title]) => {
          const some = silences.filter((silence) => silence.state === state);
          if (some.length === 0) return null;
          return (
            <section key={state} className="silence-group" aria-label={title}>
              <h3>
                {title} <span className="faint">{some.length}</span>
              </h3>
              <ul>
                {some.map((silence) => (
                  <SilenceRow key={silence.id} silence={silence} name={name} onEnded={onEnded} />
                ))}
              </ul>
            </section>
          );
        })
      )}
    </Panel>
  );
}

function SilenceRow({ silence, name, onEnded }: { silence: ListedSilence; name: Name; onEnded(): void }) {
  const { busy, error, act } = useAction();
  const { state, starts_at, ends_at, reason, created_by, ended_by } = silence;
  const end = () => act(api(`/api/v1/silences/${silence.id}${query(name.signature())}`, { method: 'DELETE' }), onEnded);
  return (
    <li className="silence-row" data-state={state}>
      <div>
        <MatcherList matchers={silence.matchers} />
        <p>
          {state === 'standing' && (
            <>
              until <Time at={ends_at} as="clock" /> (<Time at={ends_at} as="until" />)
            </>
          )}
          {state === 'coming' && (
            <>
              from <Time at={starts_at} as="clock" /> to <Time at={ends_at} as="clock" />
            </>
          )}
          {state === 'ended' && (
            <>
              ended <Time at={ends_at} as="clock" />
              {ended_by && ` by ${ended_by}`}
            </>
          )}
          <span className="soft">
            {' '}
            · by <bdi>{created_by}</bdi>
            {reason && (
              <>
                : <bdi>{reason}</bdi>
              </>
            )}
          </span>
        </p>
        <p className="form-error" role="alert">
          {error}
        </p>
      </div>
      {state !== 'ended' && (
        <button
          type="button"
          className="button"
          disabled={busy}
          aria-label={`${state === 'standing' ? 'End now' : 'Take back'}: ${matcherWords(silence.matchers)}`}
          onClick={end}
        >
          {state === 'standing' ? 'End now' : 'Take back'}
        </button>
      )}
    </li>
  );
}
