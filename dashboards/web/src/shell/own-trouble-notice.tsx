import { Link } from 'wouter';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { Time } from '../time/times.tsx';
import { ownTroubles } from './own-trouble.ts';

/** What is wrong with the watcher itself, and what to do: on every page, because every page relies on it. */
export function OwnTroubleNotice() {
  const incidents = useLive((state) => state.incidents);
  const troubles = ownTroubles(openIncidents(incidents));
  return (
    <div role="status">
      {troubles.map(({ id, cause, triggered_at }) => (
        <p key={id} className="notice problem own-trouble">
          <span>
            <strong>
              Trouble in the watcher itself since <Time at={triggered_at} as="clock" />:
            </strong>{' '}
            <bdi>{cause.message}</bdi>
          </span>
          <Link href={`/incidents/${id}`}>Open the incident</Link>
        </p>
      ))}
    </div>
  );
}
