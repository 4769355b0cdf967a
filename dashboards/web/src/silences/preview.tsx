import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { Matcher, SilencePreview } from '../../../../control/resources.ts';
import { api, monitorPath } from '../api/client.ts';
import { useLive } from '../live/live.tsx';
import { plural } from '../time/words.ts';

const SHOWN = 5;
/** Nobody waits for the answer to half a word. */
const TYPING_MS = 250;

/** Which open incidents and monitors the matchers match now, while they are written. */
export function Preview({ matchers }: { matchers: readonly Matcher[] }) {
  const incidents = useLive((state) => state.incidents);
  const [found, setFound] = useState<SilencePreview | string | null>(null);
  const asked = JSON.stringify(matchers);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other open incidents, other answer
  useEffect(() => {
    if (asked === '[]') {
      setFound(null);
      return;
    }
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      const body = { matchers: JSON.parse(asked) as Matcher[] };
      api<SilencePreview>('/api/v1/silences/preview', { method: 'POST', body, signal: abort.signal }).then(
        setFound,
        (problem: Error) => {
          if (!abort.signal.aborted) setFound(problem.message);
        },
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, incidents]);

  return (
    <div className="silence-preview" aria-live="polite">
      {found === null && <p className="faint">Name a label and its value: what they match is shown here.</p>}
      {typeof found === 'string' && <p className="form-error">{found}</p>}
      {found !== null && typeof found !== 'string' && <Matched found={found} />}
    </div>
  );
}

function Matched({ found }: { found: SilencePreview }) {
  const { incidents, incident_count, monitors, monitor_count, unknown_labels } = found;
  return (
    <>
      <p>
        <strong>
          {incident_count === 0
            ? 'No open incident matches'
            : `${plural(incident_count, 'open incident')} would be quiet`}
        </strong>
      </p>
      <ul>
        {incidents.slice(0, SHOWN).map(({ id, title, priority }) => (
          <li key={id}>
            <span className="priority" data-priority={priority}>
              {priority}
            </span>{' '}
            <Link href={`/incidents/${id}`}>{title}</Link>
          </li>
        ))}
        {incident_count > SHOWN && <li className="faint">and {incident_count - SHOWN} more</li>}
      </ul>
      <p className="soft">
        {monitor_count === 0
          ? 'No monitor is known to match'
          : `The next incident of ${plural(monitor_count, 'monitor')} would${unknown_labels.length > 0 ? ', at most,' : ''} be quiet`}
        {unknown_labels.length > 0 && `: ${unknown_labels.join(', ')} is known only when an incident opens`}
        {monitor_count > 0 && ': '}
        {monitors.slice(0, SHOWN).map(({ key, name }, index) => (
          <span key={key}>
            {index > 0 && ', '}
            <Link href={monitorPath(key)}>{name}</Link>
          </span>
        ))}
        {monitor_count > SHOWN && ` and ${monitor_count - SHOWN} more`}.
      </p>
    </>
  );
}
