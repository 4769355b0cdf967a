import { useState } from 'react';
import type { NewMaintenanceBody, PlannedMaintenance } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { Choices } from '../parts/choices.tsx';
import { Labelled } from '../parts/labelled.tsx';
import type { Name } from '../parts/name-field.tsx';
import { useAction } from '../parts/use-action.ts';
import { instantOfField, localField, nextMorning } from '../time/next-morning.ts';
import { firstRow, MatcherFields } from './matcher-fields.tsx';
import { written } from './matchers.ts';
import { Preview } from './preview.tsx';

const HOUR_MS = 3_600_000;

/** Planned work, once or again and again. */
export function MaintenanceForm({ name, onPlanned }: { name: Name; onPlanned(): void }) {
  const [title, setTitle] = useState('');
  const [drafts, setDrafts] = useState(firstRow);
  const [kind, setKind] = useState<'once' | 'again'>('once');
  const [from, setFrom] = useState(() => localField(nextMorning(Date.now())));
  const [to, setTo] = useState(() => localField(new Date(nextMorning(Date.now()).getTime() + 2 * HOUR_MS)));
  const [cron, setCron] = useState('0 2 * * sun');
  const [timezone, setTimezone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [duration, setDuration] = useState('2h');
  const { busy, error, act } = useAction();
  const matchers = written(drafts);
  const named = matchers.some(({ value }) => value !== '');
  const [starts_at, ends_at] = [instantOfField(from), instantOfField(to)];
  const isDated = kind === 'again' || (starts_at !== null && ends_at !== null);

  const plan = () => {
    const schedule = kind === 'once' ? { starts_at: starts_at!, ends_at: ends_at! } : { cron, timezone, duration };
    const body: NewMaintenanceBody = { name: title.trim(), matchers, schedule };
    const signed = { ...body, ...name.signature() };
    act(api<PlannedMaintenance>('/api/v1/maintenance-windows', { method: 'POST', body: signed }), onPlanned);
  };
  const text = (label: string, value: string, set: (text: string) => void, type = 'text') => (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          className="field"
          type={type}
          required
          autoComplete="off"
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Labelled>
  );

  return (
    <form
      className="silence-form maintenance-form"
      aria-label="New maintenance window"
      onSubmit={(event) => {
        event.preventDefault();
        plan();
      }}
    >
      <div className="form">
        {text('What is done', title, setTitle)}
        <MatcherFields drafts={drafts} onChange={setDrafts} />
        <Choices
          label="How often"
          options={[
            { value: 'once', label: 'Once' },
            { value: 'again', label: 'Again and again' },
          ]}
          value={kind}
          onChange={setKind}
        />
        <div className="form-line">
          {kind === 'once' ? (
            <>
              {text('From, your time', from, setFrom, 'datetime-local')}
              {text('To', to, setTo, 'datetime-local')}
            </>
          ) : (
            <>
              {text('Begins (minute hour day month weekday)', cron, setCron)}
              {text('Time zone', timezone, setTimezone)}
              {text('Lasts', duration, setDuration)}
            </>
          )}
          <button type="submit" className="button primary" disabled={busy || !named || !title.trim() || !isDated}>
            Plan
          </button>
        </div>
        <p className="form-error" role="alert">
          {error}
        </p>
      </div>
      <Preview matchers={named ? matchers : []} />
    </form>
  );
}
