import { useState } from 'react';
import { useLocation } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { useLive } from '../live/live.tsx';
import { openIncidents } from '../live/live-state.ts';
import { Labelled } from '../parts/labelled.tsx';
import type { Name } from '../parts/name-field.tsx';
import { useAction } from '../parts/use-action.ts';

/** Makes the incident a part of another open one, which takes its monitors. Nothing to choose where there is no other. */
export function MergeForm({ incident, name }: { incident: Incident; name: Name }) {
  const [, navigate] = useLocation();
  const incidents = useLive((state) => state.incidents);
  const [into, setInto] = useState('');
  const { busy, error, act } = useAction();
  const others = openIncidents(incidents).filter(({ id }) => id !== incident.id);
  if (others.length === 0) return <p className="faint">No other incident is open that this could be merged into.</p>;
  const merge = () =>
    act(
      api<Incident>(`/api/v1/incidents/${incident.id}/merge`, { method: 'POST', body: { into, ...name.signature() } }),
      (wider) => navigate(`/incidents/${wider.id}`),
    );
  return (
    <form
      className="form-line"
      onSubmit={(event) => {
        event.preventDefault();
        merge();
      }}
    >
      <Labelled label="Merge into" grows>
        {(id) => (
          <select id={id} className="field" value={into} onChange={(event) => setInto(event.target.value)}>
            <option value="">Choose another open incident…</option>
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {other.priority} {other.title}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <button type="submit" className="button" disabled={busy || into === ''}>
        Merge
      </button>
      <p className="form-error" role="alert">
        {error}
      </p>
    </form>
  );
}
