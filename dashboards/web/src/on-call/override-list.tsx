import type { OnCallOverride, OnCallSchedule } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { useAction } from '../parts/use-action.ts';
import { clockWords } from '../time/words.ts';
import { peopleWords } from './shift-strip.tsx';

interface Props {
  schedule: OnCallSchedule;
  zone: string;
  now: number;
  onRemoved(): void;
}

/** Those that stand or are to come. Of the config's, ringdown.yaml alone can take one back. */
export function OverrideList({ schedule, zone, now, onRemoved }: Props) {
  if (schedule.overrides.length === 0) return null;
  return (
    <ul className="overrides">
      {schedule.overrides.map((override) => (
        <OverrideRow key={override.id} {...{ override, schedule, zone, now, onRemoved }} />
      ))}
    </ul>
  );
}

function OverrideRow({ override, schedule, zone, now, onRemoved }: Props & { override: OnCallOverride }) {
  const { busy, error, act } = useAction();
  const { id, from, to, source, created_by } = override;
  const words = `${peopleWords(override)}, ${clockWords(Date.parse(from), now, zone)} to ${clockWords(Date.parse(to), now, zone)}`;
  const path = `/api/v1/on-call/${encodeURIComponent(schedule.key)}/overrides/${encodeURIComponent(id)}`;
  return (
    <li>
      <span>
        <strong>{peopleWords(override)}</strong> {words.slice(peopleWords(override).length + 2)}{' '}
        <span className="soft">· by {created_by}</span>
      </span>
      {source === 'api' && (
        <button
          type="button"
          className="button"
          disabled={busy}
          aria-label={`Remove override: ${words}`}
          onClick={() => act(api(path, { method: 'DELETE' }), onRemoved)}
        >
          {Date.parse(from) <= now ? 'End now' : 'Remove'}
        </button>
      )}
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </li>
  );
}
