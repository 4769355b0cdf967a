import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseScenario } from '../language/parse.ts';
import { diskFiles } from '../language/source-files.ts';
import { loadFunctions } from './functions/load-functions.ts';
import { json, type Service, startService } from './testing/service.ts';

/** The language and the engine together: what a file says is what is sent. */
const SCENARIO = `
version: 1
id: orders
name: Orders of several customers
service: shop
seed: 42
secrets: [KEY]
variables: { region: eu, premium: true }
data: { file: ./customers.csv }
before:
  - include: ./sign-in.steps.yaml
    with: { email: "qa+{{ $env }}@example.com" }
    prefix: "admin: "
steps:
  - name: order
    request: POST /orders
    auth: { bearer: "{{ token }}" }
    json:
      customer: "{{ row.name }}"
      position: "{{ $row }}"
      gift: '{{ $faker("commerce.product") }}'
      signature: '{{ $call("sign", row.name, secrets.KEY) }}'
    expect: { status: 201 }
    capture: { id: $.id }
  - name: wrapping
    if: { value: "{{ row.gift }}", equals: "yes" }
    request: POST /orders/{{ id }}/wrapping
    expect: { status: 201 }
  - name: shipped
    request: GET /orders/{{ id }}
    repeat: { until: { jsonpath: { $.state: shipped } }, every: 1ms, at_most: 5 }
  - name: the page
    parallel:
      - { name: stock, request: GET /stock }
      - { name: reviews, request: GET /reviews }
after:
  - name: report
    request: GET /report/{{ region }}
always:
  - name: sign out
    request: DELETE /sessions/{{ token }}
    expect: { status: 204 }
`;
const FRAGMENT = `
version: 1
parameters: { email: null, role: user }
steps:
  - name: sign in
    request: POST /sessions
    json: { email: "{{ email }}", role: "{{ role }}" }
    expect: { status: 201 }
    capture: { token: { jsonpath: $.token, secret: true } }
`;
const FUNCTIONS = `
import { createHash } from 'node:crypto';
export const sign = (text, key) => createHash('sha256').update(text + key).digest('hex').slice(0, 8);
`;

let folder: string;
let service: Service;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-whole-'));
  writeFileSync(join(folder, 'customers.csv'), 'name,gift\nKim,yes\n"Lee, Jo",no\n');
  writeFileSync(join(folder, 'sign-in.steps.yaml'), FRAGMENT);
  writeFileSync(join(folder, 'functions.mjs'), FUNCTIONS);
  const asked = new Map<string, number>();
  service = await startService(({ method, url }, response) => {
    if (method === 'DELETE') return response.writeHead(204).end();
    const times = (asked.get(url) ?? 0) + 1;
    asked.set(url, times);
    if (url === '/sessions') return json(response, 201, { token: 'abc-token-123' });
    if (method === 'POST') return json(response, 201, { id: `o${service.seen.length}` });
    json(response, 200, { state: times < 2 ? 'packed' : 'shipped' });
  });
});
afterAll(() => {
  service.close();
  rmSync(folder, { recursive: true });
});

test('a file with everything in it runs as it reads', async () => {
  const file = join(folder, 'orders.scenario.yaml');
  const functions = await loadFunctions([join(folder, 'functions.mjs')]);
  const { scenario, diagnostics } = parseScenario(SCENARIO, file, {
    files: diskFiles(file),
    functions: functions.names,
  });
  expect(diagnostics).toEqual([]);
  const environment = { name: 'staging', base_url: service.origin };
  const go = () =>
    service.run(scenario!, {
      environment,
      overrides: { region: 'ap' },
      secrets: { KEY: 'canary-key-1' },
      options: { functions },
    });
  const run = await go();
  const said = service.seen.map(({ method, url, body }) => `${method} ${url}${body && ` ${body}`}`);
  expect(run.failure).toBeNull();
  expect(run).toMatchObject({ status: 'passed', monitor: 'orders@staging' });
  expect(said[0]).toBe('POST /sessions {"email":"qa+staging@example.com","role":"user"}');
  expect(said.filter((line) => line.includes('wrapping'))).toHaveLength(1);
  expect(said.at(-2)).toBe('GET /report/ap');
  expect(said.at(-1)).toBe('DELETE /sessions/abc-token-123');
  const orders = service.seen.filter(({ url }) => url === '/orders').map(({ body }) => JSON.parse(body));
  expect(orders).toMatchObject([
    { customer: 'Kim', position: 1, signature: '18259272' },
    { customer: 'Lee, Jo', position: 2, signature: expect.stringMatching(/^[0-9a-f]{8}$/) },
  ]);
  expect(run.steps.map(({ name, row, status, tries, group }) => [name, row, status, tries, group])).toEqual([
    ['admin: sign in', null, 'passed', 1, null],
    ['order', 1, 'passed', 1, null],
    ['wrapping', 1, 'passed', 1, null],
    ['shipped', 1, 'passed', 2, null],
    ['stock', 1, 'passed', 1, 'the page'],
    ['reviews', 1, 'passed', 1, 'the page'],
    ['order', 2, 'passed', 1, null],
    ['wrapping', 2, 'skipped', 0, null],
    ['shipped', 2, 'passed', 2, null],
    ['stock', 2, 'passed', 1, 'the page'],
    ['reviews', 2, 'passed', 1, 'the page'],
    ['report', null, 'passed', 1, null],
    ['sign out', null, 'passed', 1, null],
  ]);
  expect(JSON.stringify(run)).not.toMatch(/abc-token-123|canary-key-1/);

  const gifts = () => service.seen.filter(({ url }) => url === '/orders').map(({ body }) => JSON.parse(body).gift);
  const first = gifts();
  service.seen.length = 0;
  await go();
  expect(gifts()).toEqual(first);
  await functions.close();
});
