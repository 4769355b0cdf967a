import { describe, expect, test } from '@jest/globals';
import type { SeriesQuestion } from '../../../alerts/rules/signal.ts';
import type { Question, Reader, TimeRange } from '../../../monitoring/reader.ts';
import { askTelemetry } from './telemetry-signals.ts';

const NOW = Date.UTC(2026, 10, 23, 3);
const windowed = { window_ms: 300_000, offset_ms: 60_000 };

/** Asks of a store that answers with these. */
async function answered(question: Exclude<SeriesQuestion, { of: 'runs' }>, answer: (asked: Question) => unknown) {
  const asked: { question: Question; window: TimeRange }[] = [];
  const reader: Reader = {
    ask: (async (one: Question, window: TimeRange) => {
      asked.push({ question: one, window });
      return answer(one);
    }) as Reader['ask'],
  };
  return { asked, answer: await askTelemetry(reader, question, NOW, new AbortController().signal) };
}

const group = (name: string | null, value: number | null) => ({ group: name, points: [[0, value]] });

describe('numbers from telemetry', () => {
  test('of log records, by several attributes: one that a record lacks is no label', async () => {
    const question = {
      of: 'logs',
      service: 'billing',
      level: 'error',
      text: null,
      by: ['service.name', 'city'],
      ...windowed,
    } as const;
    const { asked, answer } = await answered(question, () => [
      group('["billing","busan"]', 7),
      group('["billing",null]', 2),
      group(null, 1),
    ]);
    expect(asked).toEqual([
      {
        question: {
          ask: 'log_counts',
          service: 'billing',
          level: 'error',
          group_by: ['service.name', 'city'],
          limit: 10_000,
        },
        window: { from: NOW - 360_000, to: NOW - 60_000 },
      },
    ]);
    expect(answer.groups).toEqual([
      { labels: { 'service.name': 'billing', city: 'busan' }, value: 7, samples: 7 },
      { labels: { 'service.name': 'billing' }, value: 2, samples: 2 },
      { labels: {}, value: 1, samples: 1 },
    ]);
  });

  test('durations of requests are told with the number that they were made of, also where they are written as a metric', async () => {
    const where = { 'service.name': 'api' };
    const by = ['http.route'];
    const metric = 'http.server.request.duration';
    const question = { of: 'metric', metric, aggregate: 'p95', where, by, ...windowed } as const;
    const { asked, answer } = await answered(question, (one) =>
      (one as { measure: string }).measure === 'count' ? [group('/a', 40), group('/b', 1)] : [group('/a', 812.5)],
    );
    expect(asked.map(({ question: one }) => one)).toMatchObject([
      { ask: 'requests', measure: 'count', service: 'api', group_by: by },
      { ask: 'requests', measure: 'p95', service: 'api', group_by: by },
    ]);
    expect(answer).toEqual({ unit: 'ms', groups: [{ labels: { 'http.route': '/a' }, value: 812.5, samples: 40 }] });
  });

  test('of a metric, in its own unit; how many samples it has is not known', async () => {
    const question = { of: 'metric', metric: 'queue.depth', aggregate: 'max', where: {}, by: [], ...windowed } as const;
    const series = [{ name: 'queue.depth', unit: '{order}', attributes: {}, points: [[0, 12]] }];
    const { asked, answer } = await answered(question, () => series);
    expect(asked[0]!.question).toEqual({ ask: 'metric', name: 'queue.depth', attributes: {}, aggregate: 'max' });
    expect(answer).toEqual({ unit: '{order}', groups: [{ labels: {}, value: 12, samples: null }] });
  });
});
