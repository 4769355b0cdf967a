import { Link } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { monitorPath, ruleOfMonitor } from '../api/client.ts';
import { sourceWords } from './hold-words.ts';

/** The server's own error first: it is what one came for. Where it said nothing, what the watcher saw. */
export function CausePanel({ incident }: { incident: Incident }) {
  const { cause } = incident;
  const answered = cause.expected !== null || cause.actual !== null;
  const byRun = incident.source === 'run';
  const rule = ruleOfMonitor(cause.monitor);
  const fails = incident.state === 'resolved' ? 'failed' : 'fails';
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
        {byRun ? (
          <>
            <Link href={monitorPath(cause.monitor)}>{cause.monitor_name}</Link> {fails}
            {cause.step && (
              <>
                {' '}
                at <strong>{cause.step}</strong>
              </>
            )}
          </>
        ) : (
          <>
            <bdi>{cause.monitor_name}</bdi>, {sourceWords(incident)}
          </>
        )}
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
            <dt>{byRun ? 'Expected' : 'Limit'}</dt>
            <dd className="mono">{cause.expected ?? '–'}</dd>
          </div>
          <div>
            <dt>{byRun ? 'Actual' : 'Value'}</dt>
            <dd className="mono cause-actual">{cause.actual ?? '–'}</dd>
          </div>
        </dl>
      )}
      {byRun && answered && !cause.server_error && (
        <p className="soft">
          The service logged no error for this request, or sent no telemetry
          {incident.state === 'resolved' ? '' : ' yet'}.
        </p>
      )}
      <ul className="cause-links">
        {cause.run_url && (
          <li>
            <Link href={`/runs/${cause.run_id}`} className="button primary plain">
              Open the failing run
            </Link>
          </li>
        )}
        {cause.source_url && (
          <li>
            <a href={cause.source_url} rel="noreferrer" className="button primary plain">
              Open where it came from
            </a>
          </li>
        )}
        {incident.source === 'rule' && (
          <>
            {rule && (
              <li>
                <Link href={rule} className="button primary plain">
                  Open the rule
                </Link>
              </li>
            )}
            <li>
              <Link href="/telemetry" className={rule ? 'button plain' : 'button primary plain'}>
                Look at the telemetry
              </Link>
            </li>
          </>
        )}
        {cause.trace_id && (
          <li>
            <Link href={`/traces/${cause.trace_id}`} className="button plain">
              Trace
            </Link>
          </li>
        )}
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
