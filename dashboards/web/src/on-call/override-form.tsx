import { useState } from 'react';
import type { OnCallOverride, OnCallSchedule, OnCallUser } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { Labelled } from '../parts/labelled.tsx';
import type { Name } from '../parts/name-field.tsx';
import { useAction } from '../parts/use-action.ts';

interface Props {
  schedule: OnCallSchedule;
  users: readonly OnCallUser[];
  name: Name;
  onAdded(): void;
}

/** Somebody else, for once. Times are those of the schedule's wall clock, as in ringdown.yaml. */
export function OverrideForm({ schedule, users, name, onAdded }: Props) {
  const [user, setUser] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const { busy, error, act } = useAction();
  const add = () => {
    const { by } = name.signature();
    const body = { users: [user], from, to, ...(by ? { created_by: by } : {}) };
    const path = `/api/v1/on-call/${encodeURIComponent(schedule.key)}/overrides`;
    act(api<OnCallOverride>(path, { method: 'POST', body }), () => {
      setUser('');
      setFrom('');
      setTo('');
      onAdded();
    });
  };
  const time = (label: string, value: string, set: (text: string) => void) => (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          className="field"
          type="datetime-local"
          required
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Labelled>
  );
  return (
    <form
      className="form-line"
      aria-label={`Override of ${schedule.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Labelled label="Instead of the rotation" grows>
        {(id) => (
          <select id={id} className="field" value={user} onChange={(event) => setUser(event.target.value)}>
            <option value="">Choose who…</option>
            {users.map((one) => (
              <option key={one.key} value={one.key}>
                {one.name}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      {time(`From, ${schedule.timezone}`, from, setFrom)}
      {time('To', to, setTo)}
      <button type="submit" className="button" disabled={busy || !user || !from || !to}>
        Add override
      </button>
      <p className="form-error" role="alert">
        {error}
      </p>
    </form>
  );
}
