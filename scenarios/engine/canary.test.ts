import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { template } from '../language/template.ts';
import type { RunResult } from '../run-result.ts';
import { createRunner } from './runner.ts';
import { toSpans } from './spans.ts';
import { startService } from './testing/service.ts';
import { type StepSketch, sketchScenario } from './testing/sketch-scenario.ts';

const CANARIES = {
  declared: 'canary-D/eclared "1" ü',
  header: 'canary-AUTHORIZATION-2222',
  cookie: 'canary-COOKIE-3333',
  setCookie: 'canary-SETCOOKIE-4444',
  captured: 'canary-CAPTURED-5555',
  refresh: 'canary-REFRESH-6666',
  basic: 'canary-BASIC-7777',
  plain: 'canary-PASSWORDFIELD-8888',
  query: 'canary-QUERY-9999',
  proxy: 'canary-PROXY/aa aa',
  passphrase: 'canary-PASSPHRASE-bbbb',
  hop: 'canary-HOPCOOKIE-cccc',
};

/** Every canary in the forms that a careless service might echo. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(encodeURIComponent(secret)),
    encodeURIComponent(JSON.stringify(secret).slice(1, -1)),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    Buffer.from(`user:${secret}`).toString('base64'),
    bytes.toString('hex'),
  ];
}

/** Pieces that no form of any canary may leave behind: its middle, whatever the encoding. */
function traces(text: string): string[] {
  const found: string[] = [];
  for (const [name, secret] of Object.entries(CANARIES)) {
    for (const form of forms(secret)) {
      const middle = form.slice(3, -4);
      if (text.includes(middle) || text.includes(JSON.stringify(middle).slice(1, -1))) found.push(`${name}: ${middle}`);
    }
  }
  return found;
}

/** A service that gives everything away: it echoes what it got and has in every form, in body, headers and status line. */
async function withLeakyService(act: (origin: string) => Promise<void>): Promise<void> {
  const known = new Set([CANARIES.declared, CANARIES.setCookie, CANARIES.captured, CANARIES.refresh]);
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const basic = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
      const got = `${decodeURIComponent(request.url!)} ${JSON.stringify(request.headers)} ${body} ${basic}`;
      for (const secret of Object.values(CANARIES)) if (got.includes(secret)) known.add(secret);
      const echo = [...known].flatMap(forms);
      response.setHeader('content-type', 'application/json');
      if (request.url!.startsWith('/hop')) {
        known.add(CANARIES.hop);
        response.setHeader('set-cookie', `hop=${CANARIES.hop}; Path=/nowhere`);
        return response.writeHead(302, { location: `/landed?access_token=${CANARIES.query}` }).end();
      }
      response.setHeader('set-cookie', [`sid=${CANARIES.setCookie}; HttpOnly`, 'theme=dark']);
      response.setHeader('x-echo', encodeURIComponent(body + request.url + JSON.stringify(request.headers)));
      response.statusCode = request.url!.startsWith('/fail') ? 500 : 200;
      response.end(
        JSON.stringify({
          access_token: CANARIES.captured,
          nested: { refreshToken: CANARIES.refresh, [`key ${CANARIES.declared}`]: 1 },
          echo,
          body,
          headers: request.headers,
          url: request.url,
        }),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await act(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function run(
  origin: string,
  steps: Parameters<typeof sketchScenario>[0],
  more: Parameters<typeof sketchScenario>[1] = {},
): Promise<RunResult> {
  const runner = createRunner({
    clock: systemClock,
    userAgent: 'ringdown/0',
    allowedOrigins: [origin, 'http://api.test.invalid'],
  });
  return runner.run({
    scenario: sketchScenario(steps, {
      ...more,
      secrets: ['KEY'],
      retry: { times: 1, delayMs: 0 },
      always: [{ request: 'DELETE /{{ token }}' }],
    }),
    environment: { name: 'local', base_url: origin },
    secrets: { KEY: CANARIES.declared },
    scheduledAt: null,
    abort: new AbortController().signal,
  });
}

const everywhere: StepSketch[] = [
  {
    name: 'sign in',
    request: 'POST /sessions?api_key={{ secrets.KEY }}',
    query: { access_token: CANARIES.query },
    headers: { 'x-custom': 'a', cookie: `sid=${CANARIES.cookie}; b=1` },
    json: { password: CANARIES.plain, note: '{{ secrets.KEY }}' },
    capture: { token: '!$.access_token', all: '$' },
  },
  {
    name: 'basic',
    request: 'GET /basic',
    basic: ['user', CANARIES.basic],
    capture: { token: '!$.access_token' },
  },
  { name: 'bearer', request: 'GET /{{ token }}', bearer: CANARIES.header, form: { password: CANARIES.plain } },
];

test('no canary is left in a passing run or its spans', async () => {
  await withLeakyService(async (origin) => {
    const result = await run(origin, everywhere);
    expect(result.status).toBe('passed');
    expect(traces(JSON.stringify(result))).toEqual([]);
    expect(traces(JSON.stringify(toSpans(result)))).toEqual([]);
    expect(result.steps[0]!.response!.headers['set-cookie']).toBe('[redacted]');
    expect(result.steps[0]!.response!.body!.text).toContain('"access_token":"[redacted]"');
  });
});

test('no canary is left in failures: assertions, messages, refused targets and broken headers', async () => {
  const [first, ...rest] = everywhere;
  const failing: StepSketch[][] = [
    [...everywhere, { request: 'GET /fail/{{ token }}', bearer: CANARIES.header }],
    [{ ...first!, expect: { jsonpath: { '$.access_token': 'other', '$.body': '{{ secrets.KEY }}' } } }, ...rest],
    [first!, { request: 'GET http://10.0.0.1/{{ token }}', bearer: CANARIES.header }],
    [first!, { request: 'GET /', headers: { 'x-broken': '{{ secrets.KEY }}\u0007' } }],
    [first!, { request: 'GET /{{ token.missing }}' }],
    [first!, { request: 'GET /', expect: { body: { contains: '{{ secrets.KEY }}!' } } }],
  ];
  for (const steps of failing) {
    await withLeakyService(async (origin) => {
      const result = await run(origin, steps);
      expect(result.attempts).toHaveLength(2);
      expect(result.status).not.toBe('passed');
      expect(result.watcher_fault).toBeNull();
      expect(traces(JSON.stringify(result))).toEqual([]);
      expect(traces(JSON.stringify(toSpans(result)))).toEqual([]);
    });
  }
});

test('no canary is left of decisions, repeats, groups, rows and redirects', async () => {
  const [first, ...rest] = everywhere;
  const more = { data: [{ key: '{{ secrets.KEY }}' }, { key: 'other' }] };
  const steps: Parameters<typeof sketchScenario>[0] = [
    first!,
    { if: { value: '{{ secrets.KEY }}', equals: 'other' } },
    { request: 'GET /hop', maxRedirects: 3, expect: { redirects: { count: 1 } } },
    { parallel: rest },
    { request: 'POST /{{ row.key }}', json: '{{ row }}', warn: { jsonpath: { '$.url': '{{ secrets.KEY }}' } } },
    { request: 'GET /{{ token }}', repeat: { until: { jsonpath: { '$.access_token': 'never' } }, atMost: 3 } },
  ];
  await withLeakyService(async (origin) => {
    const result = await run(origin, steps, more);
    expect(result).toMatchObject({ status: 'failed', watcher_fault: null });
    expect(result.steps.find(({ name }) => name === 'step 3')).toMatchObject({
      status: 'passed',
      redirects: [{ status: 302, url: `${origin}/landed?access_token=[redacted]` }],
    });
    expect(traces(JSON.stringify(result))).toEqual([]);
    expect(traces(JSON.stringify(toSpans(result)))).toEqual([]);
  });
});

test('no canary is left of the settings of a connection', async () => {
  await withLeakyService(async (origin) => {
    const url = `${origin.replace('http://', `http://user:${encodeURIComponent(CANARIES.proxy)}@`)}`;
    const connection = { proxy: template(url) };
    const step = { request: 'GET http://api.test.invalid/', connection };
    const through = await run(origin, [step]);
    expect(through).toMatchObject({ status: 'passed', watcher_fault: null });
    expect(through.steps[0]!.response!.body!.text).toContain('proxy-authorization');
    const broken = await run(origin, [{ ...step, request: 'GET http://api.test.invalid/fail' }]);
    const refused = await run(origin, [{ ...step, connection: { proxy: template(url.replace(/:\d+$/, ':1')) } }]);
    const clientCertificate = { cert: 'x', key: 'y', passphrase: template(CANARIES.passphrase) };
    const unusable = await run(origin, [{ request: `GET ${origin}/`, connection: { clientCertificate } }]);
    for (const result of [through, broken, refused, unusable]) {
      expect(traces(JSON.stringify(result))).toEqual([]);
      expect(traces(JSON.stringify(toSpans(result)))).toEqual([]);
    }
  });
});

test('a secret across the end of what is kept of a body leaves no half behind', async () => {
  const secret = CANARIES.declared;
  const server = createServer((request, response) => {
    const pad = Number(request.url!.slice(1));
    response.end('x'.repeat(pad) + secret + secret + 'y'.repeat(200_000));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const edge of [65_536, 65_536 + 16_384]) {
    for (let shift = 0; shift < 2 * secret.length; shift += 5) {
      const result = await run(origin, [{ request: `GET /${edge - shift}` }]);
      const { text, truncated, size_bytes } = result.steps[0]!.response!.body!;
      expect(text).not.toContain('canary');
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
      expect(truncated).toBe(true);
      expect(size_bytes).toBeGreaterThan(200_000);
    }
  }
  server.closeAllConnections();
  server.close();
});

test('a secret across the end of a shortened value leaves no half behind', async () => {
  const secret = 'Zq7wK9mXp2RtLv8sNc4HbYd6GfJk3TuA';
  const pieces = Array.from({ length: secret.length - 5 }, (_, index) => secret.slice(index, index + 6));
  const expectations: Record<string, unknown>[] = [
    { jsonpath: { '$.note': 'other' } },
    { jsonpath: { $: [] } },
    { body: 'other' },
    { json_schema: { type: 'array' } },
    { regex: { 'x+.{40}': 'other' } },
  ];
  const service = await startService(({ url }, response) => {
    const pad = 'x'.repeat(Number(url.slice(1)));
    response.end(pad === '' ? `token=${secret}` : JSON.stringify({ note: pad + secret, tail: 'y'.repeat(300) }));
  });
  for (const pad of [0, 160, 170, 180, 190]) {
    for (const expectation of expectations) {
      const result = await service.run(
        sketchScenario([{ request: `GET /${pad}`, expect: expectation, capture: { whole: '$' } }], {
          secrets: ['KEY'],
        }),
        { secrets: { KEY: secret } },
      );
      expect(result.status).toBe('failed');
      const text = JSON.stringify(result);
      expect(pieces.filter((piece) => text.includes(piece))).toEqual([]);
    }
  }
  service.close();
});

test('what a function makes of a secret is one, and so is the same text in other letters', async () => {
  const functions = {
    names: ['reversed'],
    call: (_name: string, [text]: readonly unknown[]) => ({ value: { made: [...String(text)].reverse().join('') } }),
  };
  const service = await startService(({ body }, response) => response.end(body));
  const json = {
    made: '{{ $call("reversed", secrets.KEY) }}',
    again: '{{ $call("reversed", token) }}',
    plain: '{{ $call("reversed", "plain text") }}',
    upper: '{{ secrets.KEY | upper }}',
    lower: '{{ secrets.KEY | lower }}',
  };
  const run = await service.run(
    sketchScenario(
      [
        { json: { token: 'Canary-Two-9Z' }, request: 'POST /', capture: { token: '!$.token' } },
        { request: 'POST /', json },
      ],
      {
        secrets: ['KEY'],
      },
    ),
    { secrets: { KEY: 'Canary-One-7Q' }, options: { functions } },
  );
  service.close();
  expect(run.status).toBe('passed');
  expect(JSON.stringify(run)).not.toMatch(/canary-|q7-eno|z9-owt/i);
  expect(run.steps[1]!.request!.body!.text).toContain('txet nialp');
});
