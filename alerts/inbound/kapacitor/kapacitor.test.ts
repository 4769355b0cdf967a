import { expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { inbound } from './index.ts';

const event = (level: string, time: string, over: object = {}) => ({
  id: 'cpu:host=web-1',
  message: `cpu:host=web-1 is ${level}`,
  details: '{&#34;Name&#34;:&#34;cpu&#34;}',
  time,
  duration: 60_000_000_000,
  level,
  previousLevel: 'OK',
  recoverable: true,
  data: {
    series: [
      { name: 'cpu', tags: { host: 'web-1', service: 'billing' }, columns: ['time', 'usage'], values: [[time, 97]] },
    ],
  },
  ...over,
});

describeInbound({
  kind: inbound,
  firing: event('CRITICAL', '2026-11-23T03:04:05Z'),
  resolved: event('OK', '2026-11-23T03:05:05Z'),
  resolvedBefore: event('OK', '2026-11-23T03:03:05Z'),
  expected: { key: 'cpu:host=web-1', title: 'cpu:host=web-1 is CRITICAL', service: 'billing' },
  foreign: [{}, { id: 'cpu' }, { id: 'cpu', level: 'LOUD' }, { id: {}, level: 'OK' }],
});

test('each level has its priority; the end has the tags of the beginning', async () => {
  const it = await testReceiver(inbound, { name: 'source', type: 'kapacitor', token: TOKEN });
  const levels = ['INFO', 'WARNING', 'CRITICAL', 'OK'];
  for (const [index, level] of levels.entries()) {
    await it.receiver.receive('source', requestOf(event(level, `2026-11-23T03:04:0${index}Z`)));
  }
  expect(it.observed.map(({ priority, status }) => [priority, status])).toEqual([
    ['P4', 'failed'],
    ['P3', 'failed'],
    ['P1', 'failed'],
    [null, 'passed'],
  ]);
  expect(it.observed[3]!.labels).toMatchObject({ host: 'web-1' });
});

test('details of a template are text; those that are the whole event once more are left out', async () => {
  const it = await testReceiver(inbound, { name: 'source', type: 'kapacitor', token: TOKEN });
  const own = event('CRITICAL', '2026-11-23T03:04:05Z', { details: '<h1>CPU</h1><p>97 of 100</p>see <b>runbook</b>' });
  await it.receiver.receive('source', requestOf(event('CRITICAL', '2026-11-23T03:04:04Z')));
  await it.receiver.receive('source', requestOf(own));
  expect(it.observed[0]!.failure!.message).toBe('cpu:host=web-1 is CRITICAL');
  expect(it.observed[1]!.failure!.message).toContain('CPU\n97 of 100\nsee runbook');
});
