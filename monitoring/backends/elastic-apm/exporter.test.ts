import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { OtlpPeer } from '../../otlp-http/testing/otlp-peer.ts';
import { batchOf, metricsRecord, statsdRecord } from '../../testing/payloads.ts';
import { createElasticApm } from './index.ts';
import { enforceApmServer, SECRET_TOKEN } from './testing/apm-server-peer.ts';

const NOW_MS = 1_790_000_000_000;
const forever = new AbortController().signal;
const settings = { name: 'apm', type: 'elastic-apm', dataDir: '' };

let peer: OtlpPeer;

beforeEach(async () => {
  peer = await OtlpPeer.start();
});

afterEach(() => peer.close());

async function started(more: object) {
  const { exporter } = createElasticApm({ ...settings, url: peer.url, ...more }, new VirtualClock(NOW_MS));
  await exporter.start();
  return exporter;
}

test('StatsD timers become histograms that APM Server takes, with no value in a wrong bucket', async () => {
  enforceApmServer(peer);
  const exporter = await started({ secret_token: SECRET_TOKEN });
  const lines = [1, 2, 3, 4, 100].map((ms) => `wait:${ms}|ms`);
  const exported = await exporter.export(batchOf(statsdRecord({ position: 0, receivedAt: NOW_MS }, lines)), forever);
  expect(exported).toEqual({ accepted: { metrics: 5 }, rejected: [] });
  const [point] = peer.points;
  if (point?.type !== 'histogram') throw new Error(`a ${point?.type} arrived`);
  const upTo = (bound: number) =>
    point.bucketCounts.slice(0, point.bounds.indexOf(bound) + 1).reduce((sum, count) => sum + count, 0);
  expect([1, 2, 4, 64, 128].map(upTo)).toEqual([1, 2, 4, 4, 5]);
  expect(point).toMatchObject({ count: 5, unit: 'ms', temporality: 'delta' });
  await exporter.shutdown(forever);
});

test('what APM Server does not support is rejected in its words; its neighbours arrive', async () => {
  enforceApmServer(peer);
  const exporter = await started({ secret_token: SECRET_TOKEN });
  const timeNs = BigInt(NOW_MS) * 1_000_000n;
  const record = metricsRecord(
    { position: 3, receivedAt: NOW_MS },
    [
      { type: 'gauge', name: 'nothing', value: Number.NaN, timeNs },
      { type: 'gauge', name: 'level', value: 2, timeNs },
    ],
    { 'service.name': 'shop' },
  );
  expect(await exporter.export(batchOf(record), forever)).toEqual({
    accepted: { metrics: 1 },
    rejected: [{ signal: 'metrics', count: 1, position: 3, reason: 'unsupported data points' }],
  });
  await exporter.shutdown(forever);
});

test('the managed endpoint is sent exponential histograms as they are, with an API key', async () => {
  const exporter = await started({ intake: 'managed', api_key: 'a-key' });
  await exporter.export(batchOf(statsdRecord({ position: 0, receivedAt: NOW_MS }, ['wait:3|ms'])), forever);
  expect(peer.points).toMatchObject([{ type: 'exponential_histogram' }]);
  expect(peer.requests[0]!.headers.authorization).toBe('ApiKey a-key');
  await exporter.shutdown(forever);
});

test('a wrong token is tried again with a hint, and not shown', async () => {
  enforceApmServer(peer);
  const exporter = await started({ secret_token: 'hunter2' });
  const batch = batchOf(statsdRecord({ position: 0, receivedAt: NOW_MS }, ['a:1|c']));
  const { retry, error } = await exporter.export(batch, forever);
  expect(retry).toEqual(batch);
  expect(error!.message).toMatch(/401: authentication failed \(check the key or token/);
  expect(error!.message).not.toContain('hunter2');
  await exporter.shutdown(forever);
});

test.each([
  [{}, /url is missing/],
  [{ url: 'http://a', api_key: 'a', secret_token: 'b' }, /exclude each other/],
  [{ url: 'http://a', intake: 'managed' }, /api_key is missing/],
  [{ url: 'http://a', intake: 'moon', ca_file: '/nowhere.pem' }, /intake: .*ca_file: .*no such file/],
])('%j is refused before anything starts', (more, message) => {
  expect(() => createElasticApm({ ...settings, ...more }, new VirtualClock())).toThrow(message);
});
