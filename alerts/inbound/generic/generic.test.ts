import { describe, expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { inbound } from './index.ts';

const map = {
  key: '{{ item.id }}',
  state: '{{ item.status }}',
  title: '{{ item.name }} on {{ item.host.name }}',
  text: '{{ item.output }}',
  severity: '{{ body.level }}',
  service: '{{ item.host.name }}',
  at: '{{ item.time }}',
  labels: { site: '{{ body.site }}', nothing: '{{ item.nothing }}' },
};
const check = (status: string, time: number) => ({ id: 17, status, name: 'disk', host: { name: 'db-1' }, time });
const payload = (...checks: object[]) => ({ site: 'seoul', level: 'page', alerts: checks });
const BEGAN = Date.parse('2026-11-23T03:04:05Z') / 1_000;

describeInbound({
  kind: inbound,
  settings: { map, list: 'body.alerts' },
  firing: payload(check('DOWN', BEGAN)),
  resolved: payload(check('Up', BEGAN + 60)),
  resolvedBefore: payload(check('UP', BEGAN - 60)),
  expected: { key: '17', title: 'disk on db-1', service: 'db-1' },
  foreign: [{}, { alerts: 'x' }, { alerts: [{}, null, 3] }],
});

test('without a list the body is the alert; states and severities may be named', async () => {
  const it = await testReceiver(inbound, {
    name: 'source',
    type: 'generic',
    token: TOKEN,
    map: { key: '{{ body.id }}', state: '{{ body.s }}', title: 'x', severity: '{{ body.sev }}' },
    resolved_states: ['fine'],
    severities: { loud: 'P2' },
  });
  await it.receiver.receive('source', requestOf({ id: 'a', s: 'ok', sev: 'LOUD' }));
  await it.receiver.receive('source', requestOf({ id: 'a', s: 'Fine' }));
  expect(it.observed.map(({ status, priority }) => [status, priority])).toEqual([
    ['failed', 'P2'],
    ['passed', null],
  ]);
});

test('a template reaches own properties alone', async () => {
  const it = await testReceiver(inbound, {
    name: 'source',
    type: 'generic',
    token: TOKEN,
    map: { key: 'k', state: 'on', title: '<{{ body.constructor }}{{ body.__proto__.x }}{{ body.toString }}>' },
  });
  await it.receiver.receive('source', requestOf('{"__proto__": {"x": "own"}}'));
  expect(it.observed[0]!.monitor_name).toBe('<own>');
});

describe('a mapping', () => {
  const problems = (key: string) => inbound.check({ name: 'a', type: 'generic', token: TOKEN, map: { ...map, key } });

  test('that names no place in the document is told', () => {
    expect(problems('{{ body.id }}')).toEqual([]);
    expect(problems('{{ alert.id }}')).toEqual([expect.stringContaining('map.key: {{ alert.id }} must be a path')]);
    expect(problems('{{ body..id }}')).toHaveLength(1);
    expect(problems('{{ body.a b }}')).toHaveLength(1);
  });

  test('needs a token or a signature beside it', () => {
    expect(inbound.check({ name: 'a', type: 'generic', map })).toEqual([expect.stringContaining('token')]);
  });
});
