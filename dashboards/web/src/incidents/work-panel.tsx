import { useState } from 'react';
import type { Incident } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { Labelled } from '../parts/labelled.tsx';
import type { Name } from '../parts/name-field.tsx';
import { Panel } from '../parts/page-parts.tsx';
import { useAction } from '../parts/use-action.ts';
import { BeQuiet } from './be-quiet.tsx';
import { MergeForm } from './merge-form.tsx';

interface Props {
  incident: Incident;
  name: Name;
  onChange(): void;
}

/** What people do while it is open: who has it, what was found, quiet, and that it is part of another one. */
export function WorkPanel(props: Props) {
  return (
    <Panel title="Work on it" id="work">
      <div className="work">
        <NoteForm {...props} />
        <div className="form">
          <AssignForm key={props.incident.assignee} {...props} />
          <BeQuiet {...props} />
          <MergeForm {...props} />
        </div>
      </div>
    </Panel>
  );
}

function NoteForm({ incident, name, onChange }: Props) {
  const [text, setText] = useState('');
  const { busy, error, act } = useAction();
  const add = () =>
    act(api(`/api/v1/incidents/${incident.id}/note`, { method: 'POST', body: { text, ...name.signature() } }), () => {
      setText('');
      onChange();
    });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Labelled label="Note, for the timeline and whoever comes next">
        {(id) => (
          <textarea
            id={id}
            className="field"
            rows={4}
            maxLength={5_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && text.trim()) add();
            }}
          />
        )}
      </Labelled>
      <div className="form-line">
        <button type="submit" className="button" disabled={busy || text.trim() === ''}>
          Add note
        </button>
      </div>
      <p className="form-error" role="alert">
        {error}
      </p>
    </form>
  );
}

function AssignForm({ incident, name, onChange }: Props) {
  const [to, setTo] = useState(incident.assignee ?? '');
  const { busy, error, act } = useAction();
  const wanted = to.trim() || null;
  return (
    <form
      className="form-line"
      onSubmit={(event) => {
        event.preventDefault();
        act(
          api(`/api/v1/incidents/${incident.id}/assign`, { method: 'POST', body: { to: wanted, ...name.signature() } }),
          onChange,
        );
      }}
    >
      <Labelled label="Assigned to" grows>
        {(id) => (
          <input
            id={id}
            className="field"
            placeholder="Nobody"
            autoComplete="off"
            maxLength={100}
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        )}
      </Labelled>
      <button type="submit" className="button" disabled={busy || wanted === incident.assignee}>
        {wanted === null && incident.assignee !== null ? 'Let go' : 'Assign'}
      </button>
      <p className="form-error" role="alert">
        {error}
      </p>
    </form>
  );
}
