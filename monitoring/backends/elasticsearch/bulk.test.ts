import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Batch, Exporter } from '../../exporter.ts';
import { batchOf, logsRecord, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { backend } from './index.ts';
import { ElasticsearchStandIn } from './testing/stand-in.ts';

const forever = new AbortController().signal;
const AT = 1_790_000_000_000;
const NS = 1_790_000_000_000_000_000n;
const SHOP = { 'service.name': 'shop' };
let peer: ElasticsearchStandIn;
let exporter: Exporter;

beforeEach(async () => {
  peer = new ElasticsearchStandIn();
  await peer.listen();
  exporter = make();
  await exporter.start();
});

afterEach(async () => {
  await exporter.shutdown(forever);
  await peer.close();
});

function make(own: Record<string, unknown> = {}): Exporter {
  return backend.create({ name: 'elk', type: 'elasticsearch', dataDir: '', url: peer.url, ...own }).exporter;
}

const logs = (position: number, messages: string[]) =>
  logsRecord(
    { position, receivedAt: AT },
    messages.map((body) => ({ timeNs: NS, body })),
    SHOP,
  );
const spans = (position: number, count: number, service = 'shop') =>
  spansRecord(
    { position, receivedAt: AT },
    Array.from({ length: count }, (_, index) => ({
      traceId: 'ab'.repeat(16),
      spanId: (position * 10_000 + index + 1).toString(16).padStart(16, '0'),
      startNs: NS,
      durationNs: 1n,
    })),
    { 'service.name': service },
  );
const send = async (batch: Batch) => await exporter.export(batch, forever);
const bulks = () => peer.requests.filter(({ line }) => line === 'POST /_bulk');

test('what is taken whole is asked for once, with an answer that names nothing', async () => {
  await send(batchOf(spans(0, 2_000), logs(1, ['a'])));
  expect(bulks()).toHaveLength(1);
  expect(bulks()[0]!.headers).toMatchObject({
    'content-type': 'application/vnd.elasticsearch+x-ndjson; compatible-with=9',
    'content-encoding': 'gzip',
  });
  expect([...peer.streams.keys()].sort()).toEqual(['logs-ringdown.shop-default', 'traces-ringdown.shop-default']);
});

test('a document that has no place for a while takes its record along, uncounted; the others are settled', async () => {
  peer.judge = ({ message }) =>
    message === 'busy' ? { status: 429, type: 'es_rejected_execution_exception', reason: 'queue full' } : undefined;
  const batch = batchOf(logs(0, ['a', 'b']), logs(1, ['c', 'busy', 'd']), spans(2, 3));
  const held = await send(batch);
  expect(held).toMatchObject({
    accepted: { logs: 2, traces: 3 },
    rejected: [],
    retry: { records: [batch.records[1]], end: batch.end },
  });
  expect(held.error!.message).toBe('es_rejected_execution_exception: queue full');
  peer.judge = () => undefined;
  expect(await send(held.retry!)).toEqual({ accepted: { logs: 3 }, rejected: [] });
  expect(peer.documents()).toHaveLength(8);
});

test('refused documents are counted by reason and record, without what differs from one to the next', async () => {
  peer.judge = ({ message }, id) =>
    message === 'bad'
      ? {
          status: 400,
          type: 'document_parsing_exception',
          reason: `[1:${id.length}] failed to parse field [x] of type [long] in document with id '${id}'. Preview of field's value: '${id}'`,
        }
      : undefined;
  const exported = await send(batchOf(logs(0, ['bad', 'a', 'bad']), logs(9, ['bad'])));
  const reason = 'document_parsing_exception: failed to parse field [x] of type [long]';
  expect(exported).toEqual({
    accepted: { logs: 1 },
    rejected: [
      { signal: 'logs', count: 2, reason, position: 0 },
      { signal: 'logs', count: 1, reason, position: 9 },
    ],
  });
  // A replay of the dead letter takes what is new and refuses the same again.
  peer.judge = () => undefined;
  expect(await send(batchOf(logs(0, ['bad', 'a', 'bad'])))).toEqual({ accepted: { logs: 3 }, rejected: [] });
  expect(peer.documents()).toHaveLength(3);
});

test('a request that is too long is halved until it fits; a single document that never fits is refused', async () => {
  peer.maxContentLength = 4_000;
  const exported = await send(batchOf(spans(0, 100), logs(1, ['a', 'x'.repeat(9_000), 'b'])));
  expect(exported.accepted).toEqual({ traces: 100, logs: 2 });
  expect(exported.rejected).toEqual([{ signal: 'logs', count: 1, reason: 'HTTP 413', position: 1 }]);
  expect(peer.documents()).toHaveLength(102);
});

test.each([
  ['a web page', '<html>sign in</html>', 'text/html'],
  ['a text', 'OK', 'text/plain'],
  ['an empty object', '{}', 'application/json'],
  ['null', 'null', 'application/json'],
  ['JSON that breaks off', '{"errors":fal', 'application/json'],
  ['items that are none', '{"errors":true,"items":7}', 'application/json'],
  ['errors that it does not name', '{"errors":true,"items":[]}', 'application/json'],
  ['fewer items than were sent', '{"errors":true,"items":[{"create":{"status":201}}]}', 'application/json'],
])('%s with 200 has stored nothing that is not said', async (_, body, type) => {
  peer.answer = (line) =>
    line === 'POST /_bulk' ? { status: 200, body, headers: { 'content-type': type } } : undefined;
  const batch = batchOf(spans(0, 3), logs(1, ['a', 'b']));
  const held = await send(batch);
  expect(held).toMatchObject({ accepted: {}, rejected: [], retry: batch });
  expect(held.error!.message).not.toBe('');
  peer.answer = () => undefined;
  expect(await send(held.retry!)).toEqual({ accepted: { traces: 3, logs: 2 }, rejected: [] });
});

test.each([400, 413])('a server that answers %i to everything is not asked for every document', async (status) => {
  peer.answer = (line) =>
    line === 'POST /_bulk' ? { status, body: { error: { type: 'no', reason: 'never' }, status } } : undefined;
  const refused = await send(batchOf(spans(0, 5_000), spans(1, 3_000)));
  expect(refused).toEqual({
    accepted: {},
    rejected: [
      { signal: 'traces', count: 5_000, reason: `${status} no: never`, position: 0 },
      { signal: 'traces', count: 3_000, reason: `${status} no: never`, position: 1 },
    ],
  });
  expect(bulks().length).toBeLessThan(500);
});

test('a server that is busy as a whole says when to come again', async () => {
  peer.answer = (line) =>
    line === 'POST /_bulk' ? { status: 503, body: {}, headers: { 'retry-after': '7' } } : undefined;
  const batch = batchOf(spans(0, 2));
  expect(await send(batch)).toMatchObject({ accepted: {}, rejected: [], retry: batch, retryAfterMs: 7_000 });
});

test('before the templates are there nothing is sent, and a refusal of them is told', async () => {
  await exporter.shutdown(forever);
  peer.templates.clear();
  peer.authorization = 'ApiKey right';
  exporter = make({ api_key: 'wrong' });
  await exporter.start();
  const batch = batchOf(spans(0, 2));
  const held = await send(batch);
  expect(held).toMatchObject({ accepted: {}, rejected: [], retry: batch });
  expect(held.error!.message).toMatch(/^templates cannot be read: 401 security_exception: unable to authenticate/);
  expect(bulks()).toHaveLength(0);
  peer.authorization = 'ApiKey wrong';
  expect(await send(batch)).toEqual({ accepted: { traces: 2 }, rejected: [] });
  expect(peer.templates.size).toBe(7);
});

test('StatsD lines are counted as lines, whatever they are summed into', async () => {
  const lines = ['a:1|c', 'a:2|c', 'b:1|ms', 'nonsense'];
  const record = statsdRecord({ position: 4, receivedAt: AT }, lines);
  expect(await send(batchOf(record))).toEqual({
    accepted: { metrics: 3 },
    rejected: [{ signal: 'metrics', count: 1, reason: 'malformed', position: 4 }],
  });
  peer.streams.clear();
  peer.judge = () => ({ status: 400, type: 'illegal_argument_exception', reason: 'no' });
  const refused = await send(batchOf(record));
  expect(refused.accepted).toEqual({});
  expect(refused.rejected.reduce((sum, { count }) => sum + count, 0)).toBe(4);
});

test('a newer Ringdown keeps its templates', async () => {
  const [path, stored] = [...peer.templates][0]!;
  peer.templates.set(path, { ...stored, version: 999, _meta: { hash: 'other' } });
  const settings = { name: 'elk', type: 'elasticsearch', dataDir: '', url: peer.url };
  const lines = await backend.provision!(settings, forever);
  expect(lines.filter((line) => line.endsWith('left as a newer Ringdown made it'))).toHaveLength(1);
  expect(peer.templates.get(path)!.version).toBe(999);
});

test('a new retention reaches the templates and the streams that exist', async () => {
  const settings = { name: 'elk', type: 'elasticsearch', dataDir: '', url: peer.url, retention: '2d' };
  const lines = await backend.provision!(settings, forever);
  expect(lines.filter((line) => line.endsWith(': kept for 48 h'))).toHaveLength(3);
  expect(peer.requests.map(({ line }) => line)).toContain('PUT /_data_stream/logs-ringdown.*-*/_lifecycle');
  expect(peer.templates.get('/_index_template/logs-ringdown')).toMatchObject({
    template: { lifecycle: { data_retention: '48h' } },
  });
});

test('wrong settings are all told at once, and no secret with them', () => {
  const wrong = {
    url: 'elastic:9200',
    api_key: 'secret-key',
    username: 'kim',
    prefix: 'Ring-Down',
    retention: '5m',
    shards: 3,
  };
  try {
    backend.create({ name: 'elk', type: 'elasticsearch', dataDir: '', ...wrong });
    throw new Error('it was taken');
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    expect(code).toBe('INVALID_BACKEND');
    for (const word of ['url', 'api_key', 'password', 'prefix', 'retention', 'shards']) expect(message).toContain(word);
    expect(message).not.toContain('secret-key');
  }
});
