import { useState } from 'react';
import type { AssertionResult, EvidenceBody, StepResult, Timings } from '../../../../control/resources.ts';
import { CheckMark } from '../parts/state-mark.tsx';
import { durationWords, sizeWords } from '../time/words.ts';
import { prettyBody } from './pretty-body.ts';
import { PHASES } from './waterfall.ts';

/** Everything that is known of one step: what was judged, what was sent, what came back. */
export function StepDetail({ step, id }: { step: StepResult; id: string }) {
  return (
    <div className="step-detail" id={id}>
      {step.shortened && <p className="soft">Evidence is kept for the rows that did not pass and for a few others.</p>}
      {step.skipped_reason && <p className="soft">Skipped: {step.skipped_reason}</p>}
      {step.error && (
        <div className="step-error">
          <p>
            <strong className="mono">{step.error.code}</strong> {step.error.message}
          </p>
          {step.error.hint && <p className="soft">{step.error.hint}</p>}
        </div>
      )}
      <Judged assertions={step.assertions} warnings={step.warnings} />
      {step.timings && <PhaseList timings={step.timings} />}
      <div className="exchange">
        {step.request && (
          <Message
            title="Request"
            line={`${step.request.method} ${step.request.url}`}
            headers={step.request.headers}
            body={step.request.body}
          />
        )}
        {step.response && (
          <Message
            title="Response"
            line={statusLine(step.response)}
            headers={step.response.headers}
            body={step.response.body}
          />
        )}
      </div>
      <Captures captures={step.captures} />
    </div>
  );
}

function statusLine({ http_version, status }: NonNullable<StepResult['response']>): string {
  const version = http_version && `HTTP/${http_version.replace(/^HTTP\//i, '')}`;
  return [version, status].filter((part) => part !== null).join(' ');
}

function Judged({ assertions, warnings }: Pick<StepResult, 'assertions' | 'warnings'>) {
  if (assertions.length + warnings.length === 0) return null;
  return (
    <div className="scroll-x">
      <table className="data-table stacks judged">
        <caption className="visually-hidden">Assertions of this step</caption>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Checked</th>
            <th scope="col">Expected</th>
            <th scope="col">Actual</th>
          </tr>
        </thead>
        <tbody>
          {assertions.map((assertion) => (
            <JudgedRow key={`${assertion.subject} ${assertion.operator} ${assertion.expected}`} assertion={assertion} />
          ))}
          {warnings.map((warning) => (
            <JudgedRow
              key={`warn ${warning.subject} ${warning.operator} ${warning.expected}`}
              assertion={warning}
              warning
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function JudgedRow({ assertion, warning = false }: { assertion: AssertionResult; warning?: boolean }) {
  const label = assertion.passed ? 'held' : warning ? 'warning' : 'failed';
  return (
    <tr data-failed={!assertion.passed || undefined} title={assertion.message}>
      <td>
        <CheckMark good={assertion.passed} label={label} bad={warning ? 'degraded' : 'failing'} />
      </td>
      <td className="mono wide">{assertion.subject}</td>
      <td className="mono" data-label="expected">
        {assertion.expected}
      </td>
      <td className="mono actual" data-label="actual">
        {assertion.actual}
      </td>
    </tr>
  );
}

function PhaseList({ timings }: { timings: Timings }) {
  const value = {
    dns: timings.dns_ms,
    connect: timings.connect_ms,
    tls: timings.tls_ms,
    first_byte: timings.first_byte_ms,
    download: timings.download_ms,
    own: null,
  };
  return (
    <p className="phase-list">
      {PHASES.map(({ phase, label }) => {
        const ms = value[phase];
        return ms === null ? null : (
          <span key={phase} data-phase={phase}>
            {label} {durationWords(ms)}
          </span>
        );
      })}
      {timings.connection_reused && <span className="faint">connection reused</span>}
      <span>exchange in all {durationWords(timings.total_ms)}</span>
    </p>
  );
}

interface MessageProps {
  title: string;
  line: string;
  headers: Record<string, string>;
  body: EvidenceBody | null;
}

function Message({ title, line, headers, body }: MessageProps) {
  const entries = Object.entries(headers);
  return (
    <section className="message" aria-label={title}>
      <h3>{title}</h3>
      <p className="message-line mono">{line}</p>
      {entries.length > 0 && (
        <details className="message-headers">
          <summary>{entries.length} headers</summary>
          <dl className="mono">
            {entries.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {body && body.text !== '' ? <Body body={body} /> : <p className="faint">no body</p>}
    </section>
  );
}

function Body({ body }: { body: EvidenceBody }) {
  const [raw, setRaw] = useState(false);
  const pretty = prettyBody(body);
  return (
    <>
      <p className="body-facts faint">
        {pretty.format}, {sizeWords(body.size_bytes)}
        {body.truncated && (
          <span className="truncated">
            {' '}
            · cut: the first {sizeWords(new TextEncoder().encode(body.text).length)} are kept as evidence
          </span>
        )}
        {pretty.text !== body.text && (
          <button type="button" className="link-button" onClick={() => setRaw(!raw)}>
            {raw ? 'indented' : 'as sent'}
          </button>
        )}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className="body" tabIndex={0}>
        {raw ? body.text : pretty.text}
      </pre>
    </>
  );
}

function Captures({ captures }: { captures: Record<string, unknown> }) {
  const entries = Object.entries(captures);
  if (entries.length === 0) return null;
  return (
    <section className="captures" aria-label="Captures">
      <h3>Captured</h3>
      <dl className="mono">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
