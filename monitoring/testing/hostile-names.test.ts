import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { backendTypes, loadBackend } from '../backends/registry.ts';
import type { BackendSettings, Rejection } from '../exporter.ts';
import type { Attributes, AttributeValue } from '../telemetry.ts';
import { batchOf, logsRecord, metricsRecord, spansRecord, statsdRecord } from './payloads.ts';

/** Takes everything; what was sent is looked at by the tests of each backend. */
let peer: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  peer = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
      response.end('{"results":[{}],"errors":false,"version":{"number":"9.4.3"}}');
    });
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  peer.closeAllConnections();
  peer.close();
  rmSync(folder, { recursive: true, force: true });
});

const SETTINGS: Record<string, Record<string, unknown>> = {
  cloudwatch: { region: 'eu-west-1', access_key_id: 'key', secret_access_key: 'secret' },
  newrelic: { api_key: 'a-license-key' },
  prometheus: { listen: '127.0.0.1:0' },
  embedded: {},
};
const NAMES = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '__proto__.polluted', 'then'],
  ...['', '\u0000', '\ud800', 'a\nb,c=d e', '"\\', "'; DROP DATABASE x; --", 'x'.repeat(5_000)],
];
const NOW_NS = 1_790_000_000_000_000_000n;
const nested = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as AttributeValue;
const mapOf = (entries: [string, AttributeValue][]): Attributes =>
  Object.assign(Object.create(null), Object.fromEntries(entries));

// StatsD goes out as it came in, byte for byte.
test.each(backendTypes().filter((type) => type !== 'statsd'))(
  '%s takes names that mean something to JavaScript or to a query language for names',
  async (type) => {
    const { port } = peer.address() as AddressInfo;
    const own = SETTINGS[type] ?? {};
    const settings = { name: 'hostile', type, dataDir: join(folder, type), ...own } as BackendSettings;
    if (type !== 'prometheus' && type !== 'embedded') settings.url = `http://127.0.0.1:${port}`;
    const { exporter } = (await loadBackend(type)).create(settings);
    await exporter.start();
    const rejected: Rejection[] = [];
    let position = 0;
    const placed = () => ({ position: position++, receivedAt: 1_790_000_000_000 });
    for (const name of NAMES) {
      const attributes = mapOf([
        ['http.route', name],
        ['user.id', name],
        [name, nested],
      ]);
      const resource = mapOf([
        ['service.name', name],
        ['deployment.environment.name', name],
        [name, name],
      ]);
      const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNs: NOW_NS, durationNs: 1n, name };
      const event = { timeNs: NOW_NS, name: 'exception', attributes };
      const tag = name.replace(/[\n,|#]/g, '_');
      const batch = batchOf(
        spansRecord(placed(), [{ ...span, attributes, events: [event] }], resource),
        logsRecord(
          placed(),
          [nested, name].map((body) => ({ timeNs: NOW_NS, body, attributes })),
          resource,
        ),
        metricsRecord(placed(), [{ type: 'sum', name, timeNs: NOW_NS, value: 1, attributes }], resource),
        statsdRecord(placed(), [`${tag.slice(0, 50).replaceAll(':', '_') || 'empty'}:1|c|#${tag.slice(0, 50)}:x`]),
      );
      const exported = await exporter.export(batch, AbortSignal.timeout(20_000));
      expect([name, exported.retry, exported.error]).toEqual([name, undefined, undefined]);
      rejected.push(...exported.rejected);
    }
    await exporter.shutdown(AbortSignal.timeout(10_000));
    expect(rejected).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Object.hasOwn(Object, 'polluted')).toBe(false);
  },
);
