import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { json, type Service, startService } from './testing/service.ts';
import { sketchScenario } from './testing/sketch-scenario.ts';
import { until } from './testing/until.ts';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

const urls = () => service.seen.map(({ method, url }) => `${method} ${url}`);

describe('rows of data', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: index + 1, name: `n${index + 1}` }));

  test('each is one iteration with its own names', async () => {
    service.answer = ({ url }, response) => json(response, 200, { made: url.split('/')[2] });
    const scenario = sketchScenario(
      [
        { request: 'POST /rows/{{ row.name }}/{{ $row }}', json: '{{ row }}', capture: { made: '$.made' } },
        { request: 'GET /read/{{ made }}/{{ before }}' },
      ],
      {
        data: rows(2),
        before: [{ request: 'GET /x/b', capture: { before: '$.made' } }],
        after: [{ request: 'GET /after/{{ made }}' }],
      },
    );
    const run = await service.run(scenario);
    expect(run.status).toBe('passed');
    expect(urls().slice(1)).toEqual([
      'POST /rows/n1/1',
      'GET /read/n1/b',
      'POST /rows/n2/2',
      'GET /read/n2/b',
      'GET /after/n2',
    ]);
    expect(JSON.parse(service.seen[1]!.body)).toEqual({ id: 1, name: 'n1' });
    expect(run.steps.map(({ row }) => row)).toEqual([null, 1, 1, 2, 2, null]);
    expect(run.attempts[0]!.rows).toEqual({ total: 2, passed: 2, failed: 0 });
  });

  test('a row that fails does not keep the next ones from being tried, and is named', async () => {
    service.answer = ({ url }, response) => json(response, url.endsWith('2') ? 500 : 200, { id: url });
    const scenario = sketchScenario(
      [{ name: 'make', request: 'POST /{{ row.id }}', capture: { id: '$.id' } }, { name: 'read' }],
      { data: rows(3), after: [{ name: 'after' }] },
    );
    const run = await service.run(scenario);
    expect(run.failure).toMatchObject({ step: 'make', row: 2, message: 'row 2: status 500, expected 2xx' });
    expect(run.attempts[0]!.rows).toEqual({ total: 3, passed: 2, failed: 1 });
    expect(run.steps.map(({ name, row, status }) => `${name} ${row} ${status}`)).toEqual([
      'make 1 passed',
      'read 1 passed',
      'make 2 failed',
      'read 2 skipped',
      'make 3 passed',
      'read 3 passed',
      'after null skipped',
    ]);
  });

  test('a row does not see what the row before captured', async () => {
    service.answer = ({ url }, response) => json(response, 200, url === '/1' ? { id: 1 } : {});
    const capturing = {
      request: 'GET /{{ row.id }}',
      if: { value: '{{ row.id }}', equals: 1 },
      capture: { id: '$.id' },
    };
    const run = await service.run(sketchScenario([capturing, { request: 'GET /read/{{ id }}' }], { data: rows(2) }));
    expect(run.failure).toMatchObject({ row: 2, kind: 'template' });
  });

  test('a thousand rows leave a result of bounded size, failing ones and the first passing one in full', async () => {
    const large = 'x'.repeat(30_000);
    service.answer = ({ url }, response) => {
      const id = Number(url.slice(1));
      json(response, id % 4 === 0 ? 500 : 200, { access_token: `token-of-row-${id}-${'y'.repeat(100)}`, large });
    };
    const scenario = sketchScenario(
      [
        { name: 'get', request: 'GET /{{ row.id }}', capture: { token: '!$.access_token' } },
        { name: 'use', request: 'GET /{{ row.id }}', headers: { 'x-note': '{{ token }}' } },
      ],
      { data: rows(1_000), timeoutMs: 60_000 },
    );
    const run = await service.run(scenario);
    expect(run.watcher_fault).toBeNull();
    expect(run.attempts[0]!.rows).toEqual({ total: 1_000, passed: 750, failed: 250 });
    const inFull = run.steps.filter(({ shortened }) => !shortened);
    expect(new Set(inFull.map(({ row }) => row))).toEqual(new Set([1, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40]));
    expect(inFull[0]!.response!.body!.text).toContain('xxx');
    const text = JSON.stringify(run.steps);
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).not.toContain('token-of-row');
    expect(text).not.toContain('withheld');
    expect(run.failure).toMatchObject({ row: 4 });
  }, 60_000);

  test('time that runs out names the row that was not begun', async () => {
    service.answer = ({ url }, response) => {
      if (url !== '/2') json(response, 200, {});
    };
    const clock = new VirtualClock();
    const scenario = sketchScenario([{ name: 'get', request: 'GET /{{ row.id }}' }], { data: rows(500) });
    const cut = service.run(scenario, { options: { clock } });
    await until(() => service.seen.length === 2);
    await clock.advance(10_000);
    const run = await cut;
    expect(run.failure).toMatchObject({ kind: 'timeout', row: 2 });
    expect(run.attempts[0]!.rows).toEqual({ total: 500, passed: 1, failed: 1 });
    expect(run.steps).toHaveLength(2);
  });
});
