import type { Incident } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { useLiveStore } from '../live/live.tsx';
import { type Name, NameField } from '../parts/name-field.tsx';
import { useAction } from '../parts/use-action.ts';

/** Acknowledge, escalate and resolve, under a name that stays in the timeline. */
export function IncidentActions({ incident, name, onChange }: { incident: Incident; name: Name; onChange(): void }) {
  const store = useLiveStore();
  const { busy, error, act } = useAction();
  if (incident.state === 'resolved') return null;

  const ask = (action: 'acknowledge' | 'escalate' | 'resolve') =>
    act(
      api<Incident>(`/api/v1/incidents/${incident.id}/${action}`, { method: 'POST', body: name.signature() }),
      (data) => {
        store.dispatch({ type: 'event', event: { type: 'incident', data }, at: Date.now() });
        onChange();
      },
    );

  return (
    <div className="incident-actions">
      {incident.state === 'triggered' && (
        <button type="button" className="button primary" disabled={busy} onClick={() => ask('acknowledge')}>
          Acknowledge
        </button>
      )}
      <button
        type="button"
        className="button"
        disabled={busy}
        title="Tells those of the next step now, whatever holds the incident"
        onClick={() => ask('escalate')}
      >
        Escalate now
      </button>
      <button type="button" className="button" disabled={busy} onClick={() => ask('resolve')}>
        Resolve
      </button>
      <NameField name={name} />
      <p className="form-error" role="alert">
        {error}
      </p>
    </div>
  );
}
