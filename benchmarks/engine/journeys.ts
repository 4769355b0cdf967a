import { Client } from 'undici';
import { systemClock } from '../../core/clock.ts';
import { createRunner } from '../../scenarios/engine/runner.ts';
import { parseScenario } from '../../scenarios/language/parse.ts';

/** The same five steps for every engine: sign in, write, read, change, delete, on a connection of its own each time. */
export const STEPS = 5;

const SCENARIO = `
version: 1
id: journey
name: Sign in, write, read, change, delete
service: bench
retry: { times: 0 }
variables: { title: "hello {{ $uuid }}" }
secrets: [QA_PASSWORD]
steps:
  - name: sign in
    request: POST /v1/sessions
    json: { email: qa@example.com, password: "{{ secrets.QA_PASSWORD }}" }
    expect: { status: 201 }
    warn: { duration: { lt: 30s } }
    capture: { token: { jsonpath: $.access_token, secret: true } }
  - name: write
    request: POST /v1/posts
    auth: { bearer: "{{ token }}" }
    json: { title: "{{ title }}", body: hi }
    expect: { status: 201 }
    capture: { id: $.id }
  - name: read
    request: GET /v1/posts/{{ id }}
    auth: { bearer: "{{ token }}" }
    expect: { status: 200, jsonpath: { $.title: hello } }
  - name: change
    request: PATCH /v1/posts/{{ id }}
    auth: { bearer: "{{ token }}" }
    json: { title: "{{ title }}, changed" }
    expect: { status: 200, jsonpath: { $.title: "{{ title }}, changed" } }
always:
  - name: delete
    request: DELETE /v1/posts/{{ id }}
    auth: { bearer: "{{ token }}" }
    expect: { status: 204 }
`;

/** Captures, assertions, warnings, timings, evidence and redaction on, as in a scheduled run. */
function ringdown(origin: string): () => Promise<void> {
  const { scenario, diagnostics } = parseScenario(SCENARIO, 'journey.scenario.yaml');
  if (!scenario) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  const runner = createRunner({ clock: systemClock, userAgent: 'ringdown/bench', allowedOrigins: [origin] });
  const abort = new AbortController().signal;
  return async () => {
    const { status, failure, watcher_fault } = await runner.run({
      scenario,
      environment: { name: 'bench', base_url: origin },
      secrets: { QA_PASSWORD: 'correct horse battery' },
      scheduledAt: null,
      abort,
    });
    if (status !== 'passed') throw new Error(`the journey did not pass: ${failure?.message ?? watcher_fault}`);
  };
}

/** What the HTTP client alone costs: requests and JSON, no assertion, no timing, nothing kept. */
function bareUndici(origin: string): () => Promise<void> {
  return async () => {
    const client = new Client(origin);
    const ask = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, token?: string) => {
      const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const response = await client.request({ method, path, headers, body: body ? JSON.stringify(body) : null });
      const text = await response.body.text();
      return (text === '' ? {} : JSON.parse(text)) as { access_token: string; id: number };
    };
    const { access_token } = await ask('POST', '/v1/sessions', { email: 'qa@example.com', password: 'x' });
    const { id } = await ask('POST', '/v1/posts', { title: 'hello', body: 'hi' }, access_token);
    await ask('GET', `/v1/posts/${id}`, undefined, access_token);
    await ask('PATCH', `/v1/posts/${id}`, { title: 'hello, changed' }, access_token);
    await ask('DELETE', `/v1/posts/${id}`, undefined, access_token);
    await client.destroy();
  };
}

export const journeys = { ringdown, 'bare undici': bareUndici };
