import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { Batch, Signal, SpoolRecord } from '../../exporter.ts';
import { encodeJson, inspect } from '../../otlp/index.ts';
import { batchOf, statsdRecord } from '../../testing/payloads.ts';
import { createEmbedded } from './index.ts';
import { writeSound } from './write-sound.ts';

const forever = new AbortController().signal;
const EVER = { from: 0, to: 9e12 };
const HUGE = '18446744073709551615';
const TRACE = 'ab'.repeat(16);
const SPAN = 'cd'.repeat(8);
const NOW = BigInt(Date.now()) * 1_000_000n;

let folder: string;
let embedded: ReturnType<typeof createEmbedded>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-hostile-'));
  embedded = createEmbedded({ name: 'local', type: 'embedded', dataDir: folder }, systemClock);
  await embedded.exporter.start();
});

afterEach(async () => {
  await embedded.exporter.shutdown(forever);
  rmSync(folder, { recursive: true, force: true });
});

function otlp(position: number, signal: Signal, json: unknown): SpoolRecord {
  const { bytes, items } = inspect(signal, encodeJson(signal, json));
  return { position, signal, encoding: 'otlp', items, receivedAt: Date.now(), bytes };
}

const attribute = (key: string, value: unknown) => ({ key, value });

function span(fields: object) {
  const whole = { traceId: TRACE, spanId: SPAN, name: 'n', startTimeUnixNano: String(NOW), ...fields };
  const resource = { attributes: [attribute('service.name', { stringValue: 'é\u0000日本🎉' })] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [whole] }] }] };
}

function metric(fields: object) {
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', ...fields }] }] }] };
}

function log(fields: object) {
  return { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: String(NOW), ...fields }] }] }] };
}

function nested(depth: number): object {
  return depth === 0 ? { intValue: 1 } : { arrayValue: { values: [nested(depth - 1)] } };
}

const HOSTILE: [string, Signal, object][] = [
  ['a span that ends before it starts', 'traces', span({ endTimeUnixNano: '5' })],
  ['a span of 1970', 'traces', span({ startTimeUnixNano: '0', endTimeUnixNano: '1' })],
  ['a span past the year 2262', 'traces', span({ startTimeUnixNano: HUGE, endTimeUnixNano: HUGE })],
  ['a status nobody defined', 'traces', span({ kind: 2147483647, status: { code: 2147483647 } })],
  ['a negative kind and status', 'traces', span({ kind: -5, status: { code: -1 } })],
  ['names of prototypes', 'traces', span({ attributes: [attribute('__proto__', { stringValue: 'x' })] })],
  ['values nested deep', 'traces', span({ attributes: [attribute('a', nested(60))] })],
  [
    'an odd status code',
    'traces',
    span({ attributes: [attribute('http.response.status_code', { doubleValue: 1e300 })] }),
  ],
  ['an event past 2262', 'traces', span({ events: [{ timeUnixNano: HUGE, attributes: [attribute('', {})] }] })],
  ['a severity called constructor', 'logs', log({ severityText: 'constructor' })],
  ['a severity called __proto__', 'logs', log({ severityNumber: 2147483647, severityText: '__proto__' })],
  ['a log past 2262', 'logs', log({ timeUnixNano: HUGE, severityNumber: -3, body: nested(60) })],
  [
    'buckets at the end of the numbers',
    'metrics',
    metric({
      exponentialHistogram: {
        aggregationTemporality: 1,
        dataPoints: [
          {
            timeUnixNano: HUGE,
            count: HUGE,
            sum: 1e308,
            scale: -2147483648,
            zeroCount: HUGE,
            positive: { offset: 2147483647, bucketCounts: [HUGE, HUGE] },
            negative: { offset: -2147483648, bucketCounts: [HUGE] },
          },
        ],
      },
    }),
  ],
  [
    'more counts than bounds',
    'metrics',
    metric({
      histogram: { dataPoints: [{ count: '3', sum: 'NaN', bucketCounts: ['1', '2', '3'], explicitBounds: ['NaN'] }] },
    }),
  ],
];

test.each(HOSTILE)('%s is stored, and what comes after it as well', async (_what, signal, json) => {
  const { exporter, reader, store } = embedded;
  const after = otlp(20_000, 'traces', span({ traceId: 'ef'.repeat(16) }));
  const exported = await exporter.export(batchOf(otlp(0, signal, json), after), forever);
  expect(exported).toMatchObject({ rejected: [] });
  expect(exported.retry).toBeUndefined();
  await store.upkeep();
  expect(store.lastError).toBeUndefined();
  expect(await reader.ask({ ask: 'trace', trace_id: 'ef'.repeat(16) }, EVER)).not.toBeNull();
  await reader.ask({ ask: 'logs', limit: 10 }, EVER);
  await reader.ask({ ask: 'traces', order: 'latest', limit: 10 }, EVER);
});

test('StatsD lines with times, weights and values at the end of the numbers are stored', async () => {
  const lines = [
    'far:1|c|T999999999999',
    'first:1|ms|T0',
    'heavy:1e308:1e308|h|@1e-300',
    'weightless:1|d|@1e-320',
    'wide:5e-324:1e308:-1e308|d',
    'high:+1e308|g',
    'high:+1e308|g',
    '__proto__:1|c|#__proto__:x,constructor',
  ];
  const exported = await embedded.exporter.export(
    batchOf(statsdRecord({ position: 0, receivedAt: Date.now() }, lines)),
    forever,
  );
  expect(exported).toEqual({ accepted: { metrics: 8 }, rejected: [] });
  await embedded.store.upkeep();
  expect(embedded.store.lastError).toBeUndefined();
});

describe('a record whose content cannot be stored', () => {
  const records = Array.from({ length: 7 }, (_, index) => otlp(index * 1000, 'traces', span({})));
  const batch: Batch = { records, end: 7000 };

  test('is rejected alone; all others are written, each once', async () => {
    const written: number[] = [];
    const exported = await writeSound(batch, async (part) => {
      if (part.records.some(({ position }) => position === 3000)) throw new RangeError('too large');
      written.push(...part.records.map(({ position }) => position));
      return { accepted: { traces: part.records.length }, rejected: [] };
    });
    expect(written).toEqual([0, 1000, 2000, 4000, 5000, 6000]);
    expect(exported).toEqual({
      accepted: { traces: 6 },
      rejected: [{ signal: 'traces', count: 1, reason: 'cannot be stored', sample: 'too large' }],
    });
  });

  test('does not make a full disk look like bad content: what is left comes back', async () => {
    const exported = await writeSound(batch, async (part) => {
      if (part.records.length > 4) throw new RangeError('too large');
      if (part.records[0]!.position > 0) throw new Error('IO Error: no space left on device');
      return { accepted: { traces: part.records.length }, rejected: [] };
    });
    expect(exported.accepted).toEqual({ traces: 3 });
    expect(exported.retry).toEqual({ records: records.slice(3), end: 7000 });
    expect(exported.error?.message).toMatch('no space');
  });
});
