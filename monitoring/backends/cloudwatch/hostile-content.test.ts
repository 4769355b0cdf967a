import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SpoolRecord } from '../../exporter.ts';
import { logsRecord, metricsRecord, spansRecord, statsdRecord } from '../../testing/payloads.ts';
import { readConfig } from './config.ts';
import { type EncodedRecord, Encoder } from './encode/encoder.ts';
import { MetricCatalog } from './metric-catalog.ts';

const NOW_MS = 1_790_000_000_000;
const at = { position: 7, receivedAt: NOW_MS };

const name = fc.oneof(
  fc.constantFrom(
    '_aws',
    'service',
    'environment',
    'event_id',
    '__proto__',
    'service.name',
    'deployment.environment.name',
    'constructor',
    'http.route',
    ' ',
    'é\u0000\n"',
  ),
  fc.string({ minLength: 1, maxLength: 300, unit: 'binary' }),
);
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string()),
);
const attributes = fc.dictionary(name, value, { maxKeys: 6 });
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const number = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, 0, -0));

const records: fc.Arbitrary<SpoolRecord> = fc.oneof(
  fc
    .tuple(attributes, attributes, time)
    .map(([own, resource, timeNs]) =>
      spansRecord(
        at,
        [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), startNs: timeNs >> 1n, durationNs: 1n, attributes: own }],
        resource,
      ),
    ),
  fc
    .tuple(attributes, attributes, time, value)
    .map(([own, resource, timeNs, body]) => logsRecord(at, [{ timeNs, body, attributes: own }], resource)),
  fc.tuple(attributes, attributes, time, number, name).map(([own, resource, timeNs, sum, metric]) =>
    metricsRecord(
      at,
      [
        { type: 'sum', temporality: 'delta', name: metric, value: sum, timeNs, attributes: own },
        { type: 'gauge', name: metric, value: sum, timeNs, attributes: own },
        {
          type: 'histogram',
          temporality: 'delta',
          name: metric,
          sum,
          bounds: [1, sum],
          bucketCounts: [1, 2, 0],
          timeNs,
        },
      ],
      resource,
    ),
  ),
  fc
    .array(fc.tuple(name, number, fc.constantFrom('c', 'g', 'ms', 's', 'x')), { minLength: 1, maxLength: 8 })
    .map((lines) =>
      statsdRecord(
        at,
        lines.map(([metric, one, type]) => `${metric.replaceAll('\n', '')}:${one}|${type}`),
      ),
    ),
);

test('whatever telemetry holds, every item is in one event or refused, and every event is JSON that CloudWatch can read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-cloudwatch-'));
  const config = readConfig({ name: 'aws', type: 'cloudwatch', dataDir: folder, region: 'eu-west-1', max_metrics: 50 });
  const encoder = new Encoder(config, new MetricCatalog(folder), NOW_MS);
  fc.assert(
    fc.property(records, (record) => {
      const encoded = encoder.encode(record);
      expect(itemsOf(encoded)).toBe(record.items);
      for (const { group, message, timestampMs } of encoded.events) {
        expect(group).toMatch(/^[a-zA-Z0-9_\-/.#]{1,512}$/);
        expect(Number.isSafeInteger(timestampMs) && timestampMs >= 0).toBe(true);
        expectReadable(JSON.parse(message));
      }
    }),
    { seed: 5, numRuns: 300 },
  );
  rmSync(folder, { recursive: true });
});

function itemsOf({ events, accepted, filtered, rejected }: EncodedRecord): number {
  const carried = events.reduce((sum, { items }) => sum + items, 0);
  return carried + accepted + filtered + rejected.reduce((sum, { count }) => sum + count, 0);
}

interface Readable {
  _aws?: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [member: string]: unknown;
}

/** What the specification of the embedded metric format asks of a document. */
function expectReadable(document: Readable): void {
  for (const { Dimensions, Metrics } of document._aws?.CloudWatchMetrics ?? []) {
    expect(Metrics.length).toBeLessThanOrEqual(100);
    for (const dimension of Dimensions.flat())
      expect(document[dimension]).toMatch(/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/);
    for (const { Name } of Metrics) {
      expect(Name).toMatch(/^[\x20-\x7e]{1,255}$/);
      const numbers =
        typeof document[Name] === 'number' ? [document[Name]] : Object.values(document[Name] as object).flat();
      expect(numbers.every((one) => typeof one === 'number' && Number.isFinite(one))).toBe(true);
    }
  }
}
