import { useState } from 'react';
import { Link } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { api } from '../api/client.ts';
import { HeldTag } from '../incidents/held-banner.tsx';
import { sourceWords } from '../incidents/hold-words.ts';
import { useLiveStore } from '../live/live.tsx';
import { FailureText } from '../parts/failure-text.tsx';
import { IncidentMark } from '../parts/state-mark.tsx';
import { rememberedName } from '../shell/session.ts';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';

/** An open incident on the board: cause first, one button. */
export function OpenIncident({ incident }: { incident: Incident }) {
  const { cause } = incident;
  const onIt = incident.assignee ?? incident.acknowledged_by;
  const opener = sourceWords(incident);
  return (
    <article className="panel open-incident" data-state={incident.state} aria-label={incident.title}>
      <div className="open-incident-body">
        <p className="open-incident-title">
          <span className="priority" data-priority={incident.priority}>
            {incident.priority}
          </span>
          <Link href={`/incidents/${incident.id}`} className="row-link plain" data-row>
            {incident.title}
          </Link>
        </p>
        {cause.server_error && <p className="server-error mono">{cause.server_error}</p>}
        <p className="open-incident-facts">
          <IncidentMark state={incident.state} />
          <span>
            failing for <Time at={cause.failing_since} as="for" />
          </span>
          <span>
            {cause.run_url ? (
              <Link href={`/runs/${cause.run_id}`} className="above">
                <FailureText failure={cause} />
              </Link>
            ) : (
              <bdi>{cause.message}</bdi>
            )}
          </span>
          {opener ? <span>{opener}</span> : <span>{plural(incident.failing_count, 'monitor')}</span>}
          {onIt && <span>{onIt} is on it</span>}
          {incident.held && <HeldTag held={incident.held} />}
        </p>
      </div>
      {incident.state === 'triggered' && <AcknowledgeButton incident={incident} />}
    </article>
  );
}

function AcknowledgeButton({ incident }: { incident: Incident }) {
  const store = useLiveStore();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const acknowledge = () => {
    setBusy(true);
    const by = rememberedName();
    api<Incident>(`/api/v1/incidents/${incident.id}/acknowledge`, { method: 'POST', body: by ? { by } : {} }).then(
      (data) => store.dispatch({ type: 'event', event: { type: 'incident', data }, at: Date.now() }),
      (problem: Error) => {
        setBusy(false);
        setError(problem.message);
      },
    );
  };
  return (
    <div className="above">
      <button type="button" className="button" disabled={busy} onClick={acknowledge}>
        Acknowledge
      </button>
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
