import { useState } from 'react';
import { Link } from 'wouter';
import type { List, TraceSummary } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Choices } from '../parts/choices.tsx';
import { Empty, Loading, LoadProblem } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { durationWords } from '../time/words.ts';
import type { TimeWindow } from './time-window.ts';
import { SYNTHETIC, type Traffic, TrafficChoice } from './traffic-choice.tsx';

type Order = 'latest' | 'slowest';

const ORDERS: { value: Order; label: string }[] = [
  { value: 'latest', label: 'Latest' },
  { value: 'slowest', label: 'Slowest' },
];
const PAGE_SIZE = 50;

/** Requests that the services answered: the latest or the slowest of the range. */
export function RequestsView({ range }: { range: TimeWindow }) {
  const [order, setOrder] = useState<Order>('latest');
  const [traffic, setTraffic] = useState<Traffic>('all');
  const [errorsOnly, setErrorsOnly] = useState(false);
  const { from, to } = range;
  const requests = useResource<List<TraceSummary>>(
    `/api/v1/telemetry/traces${query({
      from,
      to,
      order,
      synthetic: SYNTHETIC[traffic],
      errors_only: errorsOnly || null,
      limit: PAGE_SIZE,
    })}`,
  );
  const items = requests.data?.items ?? [];
  return (
    <section className="panel" aria-label="Requests">
      <div className="section-head">
        <Choices label="Order" options={ORDERS} value={order} onChange={setOrder} />
        <div className="telemetry-filters">
          <label className="check">
            <input type="checkbox" checked={errorsOnly} onChange={(event) => setErrorsOnly(event.target.checked)} />{' '}
            errors only
          </label>
          <TrafficChoice value={traffic} onChange={setTraffic} />
        </div>
      </div>
      {requests.problem && <LoadProblem problem={requests.problem} retry={requests.reload} />}
      {!requests.data && requests.loading && <Loading what="requests" />}
      {requests.data && items.length === 0 && (
        <Empty title="No such request in this range">
          Requests appear once a service sends its spans to the watcher's OTLP address.
        </Empty>
      )}
      {items.length > 0 && (
        <div className="scroll-x">
          <table className="data-table stacks">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Request</th>
                <th scope="col">Service</th>
                <th scope="col" className="number">
                  Status
                </th>
                <th scope="col" className="number">
                  Took
                </th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              {items.map((request) => (
                <tr key={`${request.trace_id} ${request.start_time}`}>
                  <td className="nowrap">
                    <Time at={request.start_time} as="clock" />
                  </td>
                  <th scope="row" className="route-name wide">
                    <Link href={`/traces/${request.trace_id}`} className="mono" data-row>
                      {request.name}
                    </Link>
                  </th>
                  <td>{request.service}</td>
                  <td className={`number ${request.error ? 'has-errors' : ''}`} data-label="status">
                    {request.status_code ?? (request.error ? 'error' : '–')}
                  </td>
                  <td className="number" data-label="took">
                    {durationWords(request.duration_ms)}
                  </td>
                  <td className="soft" data-label="from">
                    {request.synthetic ? 'scenario' : 'real'}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
