import { formatDuration } from '../../../core/units.ts';
import type { AssertionResult, EvidenceBody, StepResult } from '../../run-result.ts';
import { readableBody, sizeWords } from '../evidence-text.ts';
import { PHASE_WORDS, phasesOf } from '../phases.ts';
import { type Html, html } from './escape.ts';

/** Of the bodies of steps that passed; those of the others are shown as they were kept. */
const PASSED_BODY_CHARACTERS = 8_000;

/** What was judged, sent, answered and captured; null when nothing was. */
export function evidenceOf(step: StepResult): Html | null {
  const { request, response, assertions, warnings, captures, timings } = step;
  const judged = [...assertions, ...warnings];
  if (judged.length === 0 && !request && !response) return null;
  const limit = step.status === 'passed' ? PASSED_BODY_CHARACTERS : Number.POSITIVE_INFINITY;
  return html`${judged.length > 0 && verdicts(judged)}
${timings && html`<h3>Time</h3><p>${phasesOf(step).map(({ phase, ms }, index) => html`${index > 0 && ', '}${PHASE_WORDS[phase]} ${formatDuration(ms)}`)}${timings.connection_reused && '; the connection was open already'}</p>`}
${request && html`<h3>Request</h3>${exchange(`${request.method} ${request.url}`, request.headers, request.body, limit)}`}
${response && html`<h3>Response</h3>${exchange(statusLine(response), response.headers, response.body, limit)}`}
${
  Object.keys(captures).length > 0 &&
  html`<h3>Captured</h3><dl class="facts">${Object.entries(captures).map(
    ([
      name,
      value,
    ]) => html`<dt>${name}</dt><dd><code>${typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')}</code></dd>
`,
  )}</dl>`
}`;
}

function verdicts(results: readonly AssertionResult[]): Html {
  return html`<h3>Judged</h3><table>
<thead><tr><th scope="col">What</th><th scope="col">Expected</th><th scope="col">Actual</th></tr></thead>
<tbody>
${results.map(
  ({
    subject,
    expected,
    actual,
    passed,
  }) => html`<tr><td><span class="${passed ? 'good' : 'bad'}">${passed ? '✓' : '✗'}</span> ${subject}</td><td><code>${expected}</code></td><td><code>${actual}</code></td></tr>
`,
)}</tbody></table>`;
}

function statusLine({ status, http_version }: NonNullable<StepResult['response']>): string {
  return [http_version && `HTTP/${http_version}`, status].filter((part) => part !== null).join(' ');
}

function exchange(
  first: string,
  headers: Readonly<Record<string, string>>,
  body: EvidenceBody | null,
  limit: number,
): Html {
  const lines = [
    ...(first === '' ? [] : [first]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return html`${lines.length > 0 && html`<pre tabindex="0">${lines.join('\n')}</pre>`}${body && bodyOf(body, limit)}`;
}

function bodyOf(body: EvidenceBody, limit: number): Html | null {
  if (body.text === '') return null;
  const whole = readableBody(body);
  const shown = whole.slice(0, limit);
  const cut = body.truncated || shown.length < whole.length;
  return html`<p class="soft">${body.content_type ?? 'no content type'}, ${sizeWords(body.size_bytes)}${cut && ', cut here'}</p>
<pre tabindex="0">${shown}</pre>`;
}
