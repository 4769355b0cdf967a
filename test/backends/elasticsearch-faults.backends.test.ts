import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomHex, seededRandom } from '../../core/testing/seeded-random.ts';
import { backend } from '../../monitoring/backends/elasticsearch/index.ts';
import type { Batch, Exporter } from '../../monitoring/exporter.ts';
import { batchOf, logsRecord, spansRecord } from '../../monitoring/testing/payloads.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import type { Server } from './servers/server.ts';
import { verifies } from './verified.ts';

const forever = new AbortController().signal;
const AT = Date.UTC(2026, 10, 20, 9, 0, 0);
const NS = BigInt(AT) * 1_000_000n;
const HOUR = { from: AT, to: AT + 3_600_000 };
const admin = { name: 'admin', password: randomHex(Math.random, 24) };
const random = seededRandom(3);

let folder: string;
let caFile: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elasticsearch-tls-'));
  caFile = join(folder, 'http.crt');
  const subject = ['-subj', '/CN=ringdown-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = join(folder, 'http.key');
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', caFile];
  execFileSync('openssl', ['req', ...made, ...subject], { stdio: 'ignore' });
  const tls = { certificate: readFileSync(caFile, 'utf8'), key: readFileSync(key, 'utf8') };
  server = await startElasticsearch({ user: admin, tls });
  verifies({ backend: 'elasticsearch', against: 'real', by: `Elasticsearch ${server.version}` });
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answered {
  encoded: string;
  count: number;
  aggregations: { all: { value: number }; distinct: { value: number } };
}

async function call(method: string, path: string, body?: unknown): Promise<Answered> {
  const options = { method, ca: readFileSync(caFile), auth: `${admin.name}:${admin.password}` };
  return await new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { ...options, headers: { 'content-type': 'application/json' } });
    sent.on('error', reject);
    sent.on('response', async (answer) => {
      const text = Buffer.concat(await answer.toArray()).toString();
      if (answer.statusCode! < 300) resolve(JSON.parse(text));
      else reject(new Error(`${method} ${path}: ${text.slice(0, 500)}`));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function make(prefix: string, own: Record<string, unknown> = { username: admin.name, password: admin.password }) {
  const common = { name: 'elk', type: 'elasticsearch', dataDir: folder, url: server.url, ca_file: caFile };
  const settings = { ...common, prefix, ...own };
  const { exporter, reader } = backend.create(settings);
  return { settings, exporter, reader: reader! };
}

function spans(position: number, count = 3) {
  const seeds = Array.from({ length: count }, (_, index) => ({
    traceId: randomHex(random, 32),
    spanId: randomHex(random, 16),
    startNs: NS + BigInt(index),
    durationNs: 1n,
    attributes: { sequence: position * count + index },
  }));
  return spansRecord({ position, receivedAt: AT }, seeds, { 'service.name': 'shop' });
}

const logs = (position: number) =>
  logsRecord({ position, receivedAt: AT }, [{ timeNs: NS, body: 'one' }], { 'service.name': 'shop' });

async function count(prefix: string): Promise<number> {
  await call('POST', `/*-${prefix}.*/_refresh`);
  return (await call('GET', `/*-${prefix}.*/_count`)).count;
}

describe('TLS and API keys', () => {
  test.each([
    ['all of them,', ['maintenance']],
    ['but for maintenance, which an account may lack,', []],
  ])('a key with the privileges that the README names, %s writes, provisions and reads', async (_, further) => {
    const cluster = ['monitor', 'manage_index_templates'];
    const privileges = ['auto_configure', 'create_doc', 'read', 'view_index_metadata', ...further];
    const keyed = `keyed${further.length}`;
    const names = [`traces-${keyed}.*`, `metrics-${keyed}.*`, `logs-${keyed}.*`];
    const role = { cluster, indices: [{ names, privileges }] };
    const { encoded } = await call('POST', '/_security/api_key', { name: keyed, role_descriptors: { role } });
    const { exporter, reader } = make(keyed, { api_key: encoded });
    await exporter.start();
    const batch = batchOf(spans(0), logs(1));
    expect(await exporter.export(batch, forever)).toEqual({ accepted: { traces: 3, logs: 1 }, rejected: [] });
    expect(await count(keyed)).toBe(4);
    expect((await reader.ask({ ask: 'traces', order: 'latest', limit: 9 }, HOUR)).items).toHaveLength(3);
    const [first] = (await reader.ask({ ask: 'traces', order: 'latest', limit: 9 }, HOUR)).items;
    expect(await reader.ask({ ask: 'trace', trace_id: first!.trace_id }, HOUR)).toMatchObject({
      trace_id: first!.trace_id,
    });
    await exporter.shutdown(forever);
  });

  test('a key that may only write is enough where the templates were provisioned before', async () => {
    expect(await backend.provision!(make('written').settings, forever)).toHaveLength(7);
    const indices = [{ names: ['*-written.*'], privileges: ['auto_configure', 'create_doc'] }];
    const { encoded } = await call('POST', '/_security/api_key', {
      name: 'written',
      role_descriptors: { role: { cluster: [], indices } },
    });
    const { exporter } = make('written', { api_key: encoded, provision: false });
    await exporter.start();
    expect(await exporter.export(batchOf(spans(0)), forever)).toEqual({ accepted: { traces: 3 }, rejected: [] });
    await exporter.shutdown(forever);
    const blocked = make('written', { api_key: encoded });
    await blocked.exporter.start();
    const { retry, error } = await blocked.exporter.export(batchOf(spans(0)), forever);
    expect(retry).toBeDefined();
    expect(error!.message).toMatch(/403 security_exception: .*manage_index_templates/);
    await blocked.exporter.shutdown(forever);
  });

  test('a wrong key, and an authority that nobody knows, hand everything back with the reason', async () => {
    const keyed = make('refused', { api_key: 'bm90OmFrZXk=' });
    const unknown = make('refused', { username: 'a', password: 'secret-of-a', ca_file: undefined });
    for (const [{ exporter }, words] of [
      [keyed, /401 security_exception/],
      [unknown, /self-signed certificate/],
    ] as const) {
      await exporter.start();
      const batch = batchOf(spans(0), logs(1));
      const exported = await exporter.export(batch, forever);
      expect(exported).toMatchObject({ accepted: {}, rejected: [], retry: { records: batch.records } });
      expect(exported.error!.message).toMatch(words);
      expect(exported.error!.message).not.toContain('secret-of-a');
      await exporter.shutdown(forever);
    }
  });
});

test('a stream that takes nothing for a while holds back its records alone, and has them once in the end', async () => {
  const { exporter } = make('blocked');
  await exporter.start();
  await exporter.export(batchOf(logs(0)), forever);
  // What Elasticsearch itself sets when its disk is nearly full; writes are then answered by 429.
  await call('PUT', '/logs-blocked.*/_settings', { 'index.blocks.read_only_allow_delete': true });
  const batch = batchOf(spans(1), logs(2), spans(3));
  const held = await exporter.export(batch, forever);
  expect(held).toMatchObject({ accepted: { traces: 6 }, rejected: [], retry: { records: [batch.records[1]] } });
  expect(held.error!.message).toMatch(/^cluster_block_exception: /);
  await call('PUT', '/logs-blocked.*/_settings', { 'index.blocks.read_only_allow_delete': null });
  expect(await exporter.export(batch, forever)).toEqual({ accepted: { traces: 6, logs: 1 }, rejected: [] });
  expect(await count('blocked')).toBe(8);
  await exporter.shutdown(forever);
});

test('a server that is killed and started again in the middle has every span once', async () => {
  const { exporter } = make('killed');
  await exporter.start();
  const batches = Array.from({ length: 12 }, (_, index) => batchOf(spans(index * 2, 500), spans(index * 2 + 1, 500)));
  let accepted = 0;
  let handedBack = 0;
  let killed: Promise<void> | undefined;
  for (const [index, batch] of batches.entries()) {
    if (index === 4) killed = server.kill();
    for (let remaining: Batch | undefined = batch; remaining; ) {
      const exported: Awaited<ReturnType<Exporter['export']>> = await exporter.export(remaining, forever);
      expect(exported.rejected).toEqual([]);
      accepted += exported.accepted.traces ?? 0;
      remaining = exported.retry;
      if (remaining && handedBack++ === 0) {
        await killed;
        await server.restart();
      }
    }
  }
  expect(handedBack).toBeGreaterThan(0);
  expect(accepted).toBe(12_000);
  await call('POST', '/*-killed.*/_refresh');
  const { aggregations } = await call('POST', '/*-killed.*/_search', {
    size: 0,
    aggs: {
      all: { value_count: { field: 'attributes.sequence' } },
      distinct: { cardinality: { field: 'attributes.sequence', precision_threshold: 40_000 } },
    },
  });
  expect(aggregations.all.value).toBe(12_000);
  expect(Math.abs(aggregations.distinct.value / 12_000 - 1)).toBeLessThan(0.01);
  await exporter.shutdown(forever);
});
