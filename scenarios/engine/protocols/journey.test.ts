import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../../core/clock.ts';
import { parseScenario } from '../../language/parse.ts';
import { diskFiles } from '../../language/source-files.ts';
import type { RunResult } from '../../run-result.ts';
import { createRunner } from '../runner.ts';
import { toSpans } from '../spans.ts';
import { makeCertificate } from './testing/certificates.ts';
import { type GrpcServer, startGrpcServer } from './testing/grpc-server.ts';
import { type NameServer, startNameServer } from './testing/name-server.ts';

const SECRET = 'hunter2&more/+="x';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const open: (() => void)[] = [];
let http: string;
let tcp: string;
let tls: string;
let shop: GrpcServer;
let names: NameServer;

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const server = createHttpServer((request, response) => {
    // Whoever is asked in full repeats the secret that it was sent.
    const said = `${request.headers.authorization ?? ''} ${request.url}`;
    response.end(JSON.stringify({ data: { me: { id: 'u-1', said } } }));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  open.push(() => {
    for (const client of sockets.clients) client.terminate();
  });
  http = await listen(server);
  tcp = await listen(createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)));
  const { cert, key } = makeCertificate({ name: 'localhost', names: ['localhost'], validForMs: 5 * 86_400_000 });
  tls = await listen(createTlsServer({ cert, key }, (socket) => socket.on('error', () => socket.destroy())));
  shop = await startGrpcServer();
  names = await startNameServer({ 'a.test': { records: [{ type: 1, data: Buffer.from([192, 0, 2, 7]) }] } });
  open.push(shop.close, names.close);
});

afterAll(() => {
  for (const close of open) close();
});

async function run(steps: string): Promise<RunResult> {
  const file = join(import.meta.dirname, 'grpc/test-data/journey.scenario.yaml');
  const text = `version: 1
id: journey
name: Every kind of step
service: api
secrets: [TOKEN]
steps:
${steps}`;
  const { scenario, diagnostics } = parseScenario(text, file, { files: diskFiles(file) });
  expect(diagnostics).toEqual([]);
  const runner = createRunner({
    clock: systemClock,
    userAgent: 'ringdown/0',
    allowedOrigins: [
      `http://${http}`,
      `tcp://${tcp}`,
      `tls://${tls}`,
      `grpc://${shop.address}`,
      `dns://${names.address}`,
    ],
  });
  return await runner.run({
    scenario: scenario!,
    environment: { name: 'local', base_url: `http://${http}` },
    secrets: { TOKEN: SECRET },
    scheduledAt: null,
    abort: new AbortController().signal,
  });
}

test('one file speaks all protocols, hands values on, and shows no secret of any of them', async () => {
  const result = await run(`
  - name: asking who I am
    graphql:
      url: /graphql
      query: "query Me { me { id } }"
      headers: { authorization: "Bearer {{ secrets.TOKEN }}" }
    capture: { id: $.data.me.id }
  - name: reading an order
    grpc:
      url: grpc://${shop.address}
      method: shop.v1.Shop/GetOrder
      message: { order_id: 7 }
      metadata: { authorization: "Bearer {{ secrets.TOKEN }}", x-user: "{{ id }}" }
    expect:
      status: OK
      jsonpath: { $.orderId: "7", $.price.currency: EUR }
  - name: reading one that is not there
    grpc: { url: "grpc://${shop.address}", proto: ./shop.proto, method: shop.v1.Shop/GetOrder, message: { order_id: 404 } }
    expect: { status: NOT_FOUND }
  - name: chatting
    websocket:
      url: "/chat?key={{ secrets.TOKEN }}"
      messages:
        - send: { login: "{{ secrets.TOKEN }}", as: "{{ id }}" }
        - receive: { jsonpath: { $.as: "{{ id }}" } }
          within: 5s
          capture: { again: $.as }
        - send: "bye {{ again }}"
        - receive: { body: "bye u-1" }
        - close
    expect:
      messages: { count: 2 }
  - name: talking bytes
    tcp: { address: "${tcp}", send: "AUTH {{ secrets.TOKEN }}\\r\\n", receive: { until: "\\r\\n" } }
    expect: { body: { contains: "AUTH" } }
  - name: resolving
    dns: { name: a.test, type: A, server: "${names.address}" }
    expect: { jsonpath: { "$[0].address": 192.0.2.7 } }
  - name: looking at the certificate
    tls: { address: "${tls}", servername: localhost }
    expect: { certificate: { expires_in: { gt: 4d }, names: { contains: localhost } } }
    warn: { certificate: { expires_in: { gt: 14d } } }
  - name: waiting
    pause: 10ms
`);
  expect(result.steps.map(({ name, status, error }) => [name, status, error])).toEqual(
    result.steps.map(({ name }) => [name, 'passed', null]),
  );
  expect(result.steps).toHaveLength(8);
  expect(result.steps.find(({ kind }) => kind === 'tls')!.warnings).toMatchObject([{ passed: false }]);
  expect(shop.calls[0]!.get('x-user')).toEqual(['u-1']);
  expect(shop.calls[0]!.get('authorization')).toEqual([`Bearer ${SECRET}`]);
  const call = toSpans(result).resourceSpans[0]!.scopeSpans[0]!.spans.find(
    ({ name }) => name === 'shop.v1.Shop/GetOrder',
  )!;
  expect(call.attributes).toEqual(
    expect.arrayContaining([
      { key: 'rpc.service', value: { stringValue: 'shop.v1.Shop' } },
      { key: 'rpc.grpc.status_code', value: { intValue: '0' } },
    ]),
  );
  const stored = JSON.stringify(result) + JSON.stringify(toSpans(result));
  for (const piece of ['hunter2', base64(SECRET), encodeURIComponent(SECRET)]) expect(stored).not.toContain(piece);
});

test.each([
  [
    'a call',
    () => `grpc: { url: "grpc://${shop.address}", method: shop.v1.Shop/GetOrder, message: { order_id: 404 } }`,
    'status 5 NOT_FOUND (no order 404 – schade), expected 0',
  ],
  ['a certificate', () => `tls: { address: "${tls}", servername: localhost }`, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['a name', () => `dns: { name: b.test, server: "${names.address}" }`, 'status 3 NXDOMAIN, expected 0'],
  [
    'a conversation',
    () => 'websocket: { url: /, messages: [{ send: a }, { receive: { body: b }, within: 50ms }] }',
    'nothing that fits came within 50 ms',
  ],
  [
    'bytes',
    () => `tcp: { address: "${tcp}", send: ab, receive: { bytes: 2 } }\n    expect: { body: xy }`,
    'body is "ab", expected "xy"',
  ],
])('what is wrong with %s is the failure of the run', async (_words, step, message) => {
  const result = await run(`  - name: asking\n    ${step()}\n`);
  expect(result.status).toBe('failed');
  expect(result.failure!.message).toContain(message);
  expect(result.failure!.request).toMatchObject({
    method: expect.stringMatching(/^[A-Z]+$/),
    route: expect.any(String),
  });
});
