import type { LoadReport } from '../../../../control/resources.ts';
import { Fact, Panel } from '../parts/page-parts.tsx';
import { RunMark } from '../parts/state-mark.tsx';
import { durationWords, percentWords } from '../time/words.ts';

/** What a load test came to: its thresholds, its totals, and each step. */
export function LoadFigures({ load }: { load: LoadReport }) {
  const broken = load.steps.flatMap((step) =>
    step.checks.filter(({ failed }) => failed > 0).map((check) => ({ step: step.name, ...check })),
  );
  return (
    <>
      <Panel title="Load" id="load">
        <dl className="facts">
          {load.thresholds.map(({ metric, expected, actual, crossed }) => (
            <Fact key={`${metric} ${expected}`} label={`${metric} ${expected}`}>
              <RunMark kind={crossed ? 'failed' : 'passed'} hideLabel /> {actual}
            </Fact>
          ))}
          <Fact label="Starts">
            {load.iterations.count}, {load.iterations.rate_per_s.toFixed(1)} a second, {load.iterations.failed} failed
          </Fact>
          {load.iterations.dropped > 0 && (
            <Fact label="Not started">{load.iterations.dropped}: all virtual users were busy</Fact>
          )}
          <Fact label="Requests">
            {load.requests.count}, {load.requests.unanswered} without an answer
          </Fact>
          <Fact label="Virtual users at most">{load.vus_max}</Fact>
          <Fact label="With">{load.tool}</Fact>
        </dl>
      </Panel>
      <Panel title="Steps" id="steps" padded={false}>
        <StepFigures steps={load.steps} />
      </Panel>
      {broken.length + load.messages.length > 0 && (
        <Panel title="What did not hold" id="broken">
          <ul>
            {broken.map(({ step, name, passed, failed }) => (
              <li key={`${step} ${name}`}>
                {step}: {name}{' '}
                <span className="soft">
                  ({failed} of {passed + failed} times)
                </span>
              </li>
            ))}
            {load.messages.map((message) => (
              <li key={message} className="mono">
                {message}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

function StepFigures({ steps }: { steps: LoadReport['steps'] }) {
  return (
    <div className="scroll-x">
      <table className="data-table stacks">
        <thead>
          <tr>
            <th scope="col">Step</th>
            {['Ran', 'Failed', 'Requests', 'p50', 'p95', 'p99'].map((title) => (
              <th key={title} scope="col" className="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map(({ name, runs, failed, requests, duration }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="number" data-label="ran">
                {runs}
              </td>
              <td className="number" data-label="failed">
                {failed === 0 ? '0' : `${failed} (${percentWords(failed / runs)})`}
              </td>
              <td className="number" data-label="requests">
                {requests}
              </td>
              {(['p50_ms', 'p95_ms', 'p99_ms'] as const).map((figure) => (
                <td key={figure} className="number" data-label={figure.slice(0, 3)}>
                  {duration ? durationWords(duration[figure]) : '–'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
