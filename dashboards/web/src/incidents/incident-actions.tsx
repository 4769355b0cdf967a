import { useState } from 'react';
import type { Incident } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { useLiveStore } from '../live/live.tsx';
import { rememberedName, rememberName } from '../shell/session.ts';

/** Acknowledge and resolve, under a name that stays in the timeline. */
export function IncidentActions({ incident, onChange }: { incident: Incident; onChange(): void }) {
  const store = useLiveStore();
  const [name, setName] = useState(rememberedName);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  if (incident.state === 'resolved') return null;

  const act = (action: 'acknowledge' | 'resolve') => {
    setBusy(true);
    setError('');
    const by = name.trim();
    rememberName(by);
    api<Incident>(`/api/v1/incidents/${incident.id}/${action}`, { method: 'POST', body: by ? { by } : {} }).then(
      (data) => {
        setBusy(false);
        store.dispatch({ type: 'event', event: { type: 'incident', data }, at: Date.now() });
        onChange();
      },
      (problem: Error) => {
        setBusy(false);
        setError(problem.message);
      },
    );
  };

  return (
    <div className="incident-actions">
      <input
        className="field"
        aria-label="Your name, for the timeline"
        placeholder="Your name"
        autoComplete="name"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {incident.state === 'triggered' && (
        <button type="button" className="button primary" disabled={busy} onClick={() => act('acknowledge')}>
          Acknowledge
        </button>
      )}
      <button type="button" className="button" disabled={busy} onClick={() => act('resolve')}>
        Resolve
      </button>
      <p className="form-error" role="alert">
        {error}
      </p>
    </div>
  );
}
