import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { json, type Service, startService } from '../testing/service.ts';
import { sketchScenario } from '../testing/sketch-scenario.ts';

let service: Service;

beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.close());

test('the bodies of a run are bounded, and those of a step that did not pass have more room', async () => {
  service.answer = ({ url }, response) => json(response, 200, { url, pad: 'x'.repeat(60_000) });
  const rows = Array.from({ length: 12 }, (_, n) => ({ n }));
  const steps = Array.from({ length: 30 }, (_, n) => ({ request: `GET /${n}` }));
  const failing = { request: 'GET /last', expect: { jsonpath: { '$.url': 'other' } } };
  const run = await service.run(sketchScenario([...steps, failing], { data: rows, timeoutMs: 60_000 }));
  expect(run.attempts[0]!.rows).toEqual({ total: 12, passed: 0, failed: 12 });
  const bodies = run.steps.flatMap(({ response }) => response?.body ?? []);
  const [kept, leftOut] = [
    bodies.filter(({ text }) => text.startsWith('{')),
    bodies.filter(({ text }) => text.startsWith('[')),
  ];
  expect(kept.length + leftOut.length).toBe(bodies.length);
  expect(kept.map(({ text }) => text.length).reduce((sum, length) => sum + length)).toBeLessThan(5 * 2 ** 20);
  expect(
    new Set(leftOut.map(({ text, truncated, size_bytes }) => `${text} ${truncated} ${size_bytes > 60_000}`)),
  ).toEqual(new Set(['[left out: the bodies before this one were more than 4 MiB] true true']));
  const last = run.steps.filter(({ status, shortened }) => status === 'failed' && !shortened);
  expect(last).toHaveLength(10);
  for (const { response } of last) expect(response!.body!.text).toContain('"url":"/last"');
});

test('what a row says without a request is cleaned before its secrets are forgotten', async () => {
  service.answer = (_request, response) => {
    const list = Array.from({ length: 40 }, (_, n) => `hidden-${service.seen.length}-${n}`);
    json(response, 200, { list });
  };
  const rows = Array.from({ length: 40 }, (_, n) => ({ n }));
  const scenario = sketchScenario(
    [{ capture: { list: '!$.list', first: '$.list[0]' } }, { request: 'GET http://{{ first }}:x/' }],
    { data: rows },
  );
  const run = await service.run(scenario);
  expect(run.attempts[0]!.rows).toEqual({ total: 40, passed: 0, failed: 40 });
  expect(run.steps.some(({ error }) => error?.message.includes('[redacted]'))).toBe(true);
  expect(JSON.stringify(run)).not.toMatch(/hidden-\d/);
});
