import { Link } from 'wouter';
import type { RunSummary } from '../../../../control/resources.ts';
import { FailureText } from '../parts/failure-text.tsx';
import { RunMark } from '../parts/state-mark.tsx';
import { Time } from '../time/times.tsx';
import { durationWords } from '../time/words.ts';
import { kindOf } from './history.ts';

/** Runs, newest first as they come. @param attempts whether they are made in attempts, which a load test is not */
export function RunTable({ runs, attempts = true }: { runs: readonly RunSummary[]; attempts?: boolean }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Started</th>
            <th scope="col" className="number">
              Took
            </th>
            {attempts && (
              <th scope="col" className="number">
                Attempts
              </th>
            )}
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
              {attempts && (
                <td className={`number ${run.attempts === 1 ? 'single-attempt' : ''}`} data-label="attempts">
                  {run.attempts}
                </td>
              )}
              <td className="run-why wide">{run.failure && <FailureText failure={run.failure} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
