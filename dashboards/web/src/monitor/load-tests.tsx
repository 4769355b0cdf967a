import { Link } from 'wouter';
import type { List, RunSummary } from '../../../../control/resources.ts';
import { encodeKey, query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { FailureText } from '../parts/failure-text.tsx';
import { Panel } from '../parts/page-parts.tsx';
import { RunMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { durationWords } from '../time/words.ts';
import { kindOf } from './history.ts';

const SHOWN = 10;

/** The last load tests of the scenario, where there have been any. */
export function LoadTests({ monitorKey }: { monitorKey: string }) {
  const page = useResource<List<RunSummary>>(
    `/api/v1/monitors/${encodeKey(monitorKey)}/load-tests${query({ limit: SHOWN })}`,
  );
  const runs = page.data?.items ?? [];
  if (runs.length === 0) return null;
  return (
    <Panel title="Load tests" id="load-tests" padded={false}>
      <div className="scroll-x">
        <table className="data-table stacks">
          <thead>
            <tr>
              <th scope="col">Result</th>
              <th scope="col">Started</th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.id}>
                <td>
                  <RunMark kind={kindOf(run)} />
                </td>
                <td className="nowrap">
                  <Link href={`/runs/${run.id}`} data-row>
                    <Time at={run.started_at} as="clock" />
                  </Link>
                </td>
                <td className="number" data-label="took">
                  {durationWords(run.duration_ms)}
                </td>
                <td className="run-why wide">{run.failure && <FailureText failure={run.failure} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
