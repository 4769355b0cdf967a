import { Link } from 'wouter';
import type { Incident } from '../../../../control/resources.ts';
import { Time } from '../time/times.tsx';

/** What a rule counted: the newest records when it fired, each with its trace. Nothing where it counts none. */
export function LogRecords({ incident }: { incident: Incident }) {
  const records = incident.evidence.log_records ?? [];
  if (records.length === 0) return null;
  return (
    <section className="panel section-body" aria-labelledby="log-records">
      <h2 id="log-records">Newest records when it fired</h2>
      <ul>
        {records.map(({ time, level, service, message, exception_type, trace_id }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: equal records at one time are told apart by their place
          <li key={index}>
            <span className="soft">
              <Time at={time} as="clock" /> {level} {service}
            </span>{' '}
            <span className="mono">
              {exception_type && <strong>{exception_type}: </strong>}
              <bdi>{message}</bdi>
            </span>{' '}
            {trace_id && <Link href={`/traces/${trace_id}`}>Trace</Link>}
          </li>
        ))}
      </ul>
    </section>
  );
}
