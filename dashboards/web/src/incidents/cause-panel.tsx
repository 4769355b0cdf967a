import { Link } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { monitorPath } from '../api/client.ts';

/** The server's own error first: it is what one came for. Where it said nothing, what the watcher saw. */
export function CausePanel({ incident }: { incident: Incident }) {
  const { cause } = incident;
  const answered = cause.expected !== null || cause.actual !== null;
  return (
    <section className="panel cause" data-state={incident.state} aria-labelledby="cause">
      <h2 id="cause" className="visually-hidden">
        Cause
      </h2>
      {cause.server_error ? (
        <div>
          <p className="cause-label">The server's own error</p>
          <p className="cause-error mono">{cause.server_error}</p>
        </div>
      ) : (
        <p className="cause-error mono">{cause.message}</p>
      )}
      <p className="cause-step">
        <Link href={monitorPath(cause.monitor)}>{cause.monitor_name}</Link>{' '}
        {incident.state === 'resolved' ? 'failed' : 'fails'} at <strong>{cause.step}</strong>
        {cause.server_error && (
          <>
            : <bdi>{cause.message}</bdi>
          </>
        )}
        {cause.route && (
          <>
            {' '}
            (<span className="mono">{cause.route}</span>)
          </>
        )}
      </p>
      {answered && (
        <dl className="cause-values">
          <div>
            <dt>Expected</dt>
            <dd className="mono">{cause.expected ?? '–'}</dd>
          </div>
          <div>
            <dt>Actual</dt>
            <dd className="mono cause-actual">{cause.actual ?? '–'}</dd>
          </div>
        </dl>
      )}
      {answered && !cause.server_error && (
        <p className="soft">
          The service logged no error for this request, or sent no telemetry
          {incident.state === 'resolved' ? '' : ' yet'}.
        </p>
      )}
      <ul className="cause-links">
        <li>
          <Link href={`/runs/${cause.run_id}`} className="button primary plain">
            Open the failing run
          </Link>
        </li>
        <li>
          <Link href={`/traces/${cause.trace_id}`} className="button plain">
            Trace
          </Link>
        </li>
        {incident.runbook && (
          <li>
            <a href={incident.runbook} rel="noreferrer" className="button plain">
              Runbook
            </a>
          </li>
        )}
      </ul>
    </section>
  );
}
