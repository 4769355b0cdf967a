import type { Incident, Silence } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import type { Name } from '../parts/name-field.tsx';
import { useAction } from '../parts/use-action.ts';
import { nextMorning } from '../time/next-morning.ts';

/** Silences what holds the incident open. Its end is always chosen: it rings then if it is still open. */
export function BeQuiet({ incident, name, onChange }: { incident: Incident; name: Name; onChange(): void }) {
  const { busy, error, act } = useAction();
  const silence = (until: { duration: string } | { ends_at: string }) =>
    act(
      api<Silence>(`/api/v1/incidents/${incident.id}/silence`, {
        method: 'POST',
        body: { ...until, ...name.signature() },
      }),
      onChange,
    );
  return (
    <fieldset className="labelled quiet-choices">
      <legend>Be quiet for</legend>
      <div className="form-line">
        <button type="button" className="button" disabled={busy} onClick={() => silence({ duration: '30m' })}>
          30 min
        </button>
        <button type="button" className="button" disabled={busy} onClick={() => silence({ duration: '2h' })}>
          2 h
        </button>
        <button
          type="button"
          className="button"
          disabled={busy}
          onClick={() => silence({ ends_at: nextMorning(Date.now()).toISOString() })}
        >
          until tomorrow 9:00
        </button>
      </div>
      <p className="form-error" role="alert">
        {error}
      </p>
    </fieldset>
  );
}
