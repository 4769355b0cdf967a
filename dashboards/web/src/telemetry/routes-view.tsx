import { useState } from 'react';
import { Link } from 'wouter';
import type { List, RouteStats } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, Loading, LoadProblem } from '../parts/page-parts.tsx';
import { countWords, durationWords, percentWords } from '../time/words.ts';
import type { TimeWindow } from './time-window.ts';
import { SYNTHETIC, type Traffic, TrafficChoice } from './traffic-choice.tsx';

/** Every route with its requests, errors and percentiles; those with errors first. */
export function RoutesView({ range }: { range: TimeWindow }) {
  const [traffic, setTraffic] = useState<Traffic>('all');
  const { from, to } = range;
  const routes = useResource<List<RouteStats>>(
    `/api/v1/telemetry/routes${query({ from, to, synthetic: SYNTHETIC[traffic] })}`,
  );
  const items = [...(routes.data?.items ?? [])].sort((a, b) => b.errors - a.errors || b.count - a.count);
  return (
    <section className="panel" aria-label="Routes">
      <div className="section-head">
        <TrafficChoice value={traffic} onChange={setTraffic} />
      </div>
      {routes.problem && <LoadProblem problem={routes.problem} retry={routes.reload} />}
      {!routes.data && routes.loading && <Loading what="routes" />}
      {routes.data && items.length === 0 && (
        <Empty title="No request in this range">
          Spans that a service sends to the watcher's OTLP address fill this table; see{' '}
          <Link href="/backends">Backends</Link> for what arrived.
        </Empty>
      )}
      {items.length > 0 && (
        <div className="scroll-x">
          <table className="data-table stacks">
            <thead>
              <tr>
                <th scope="col">Route</th>
                <th scope="col">Service</th>
                <th scope="col" className="number">
                  Requests
                </th>
                <th scope="col" className="number">
                  Answered 5xx
                </th>
                <th scope="col" className="number">
                  p50
                </th>
                <th scope="col" className="number">
                  p95
                </th>
                <th scope="col" className="number">
                  p99
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((route) => (
                <tr key={`${route.service} ${route.method} ${route.route}`}>
                  <th scope="row" className="route-name mono wide">
                    {route.method} {route.route}
                  </th>
                  <td>{route.service}</td>
                  <td className="number" data-label="requests">
                    {countWords(route.count)}
                  </td>
                  <td className={`number ${route.errors > 0 ? 'has-errors' : ''}`} data-label="5xx">
                    {route.errors === 0
                      ? '0'
                      : `${countWords(route.errors)} (${percentWords(route.errors / route.count)})`}
                  </td>
                  <td className="number" data-label="p50">
                    {durationWords(route.p50_ms)}
                  </td>
                  <td className="number" data-label="p95">
                    {durationWords(route.p95_ms)}
                  </td>
                  <td className="number" data-label="p99">
                    {durationWords(route.p99_ms)}
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
