import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import type { SeriesQuestion } from '../rules/signal.ts';
import { GivenNumbers } from './given-numbers.ts';
import type { GivenSeries } from './policy-test.ts';

const MINUTE = 60_000;

function series(over: Partial<GivenSeries>): GivenSeries {
  return {
    of: 'requests',
    metric: null,
    attributes: { service: 'api', status: '200', synthetic: 'false' },
    unit: null,
    from_ms: 0,
    every_ms: MINUTE,
    values: null,
    per_minute: null,
    line: 1,
    ...over,
  };
}

type Question = Exclude<SeriesQuestion, { of: 'runs' }>;

const requests = (over: Partial<Extract<Question, { of: 'requests' }>> = {}): Question => ({
  of: 'requests',
  service: 'api',
  route: null,
  status: null,
  synthetic: null,
  aggregate: 'count',
  by: [],
  window_ms: 5 * MINUTE,
  offset_ms: 0,
  ...over,
});

const metric = (aggregate: Extract<Question, { of: 'metric' }>['aggregate']): Question => ({
  of: 'metric',
  metric: 'm',
  aggregate,
  where: {},
  by: [],
  window_ms: 5 * MINUTE,
  offset_ms: 0,
});

const only = (numbers: GivenNumbers, question: Question, minute: number) =>
  numbers.answer(question, minute * MINUTE).groups.map(({ value }) => value);

describe('numbers that a test gives', () => {
  test('what comes is counted over the window, and by class of status', () => {
    const numbers = new GivenNumbers([
      series({ per_minute: [100] }),
      series({ attributes: { service: 'api', status: '503', synthetic: 'false' }, per_minute: [0, 0, 30, 0] }),
      series({ attributes: { service: 'other', status: '200', synthetic: 'false' }, per_minute: [7] }),
    ]);
    expect(only(numbers, requests(), 10)).toEqual([500]);
    expect(only(numbers, requests({ status: '5xx' }), 2.5)).toEqual([15]);
    expect(only(numbers, requests({ status: 503 }), 5)).toEqual([30]);
    expect(only(numbers, requests({ status: '5xx' }), 7.5)).toEqual([15]);
    expect(only(numbers, requests({ status: 'error' }), 8)).toEqual([0]);
    expect(only(numbers, requests({ status: 'ok' }), 5)).toEqual([500]);
    expect(only(numbers, requests({ offset_ms: 5 * MINUTE, status: '5xx' }), 10)).toEqual([30]);
  });

  test('what begins at 0s was there before; what begins later was not', () => {
    const numbers = new GivenNumbers([series({ per_minute: [10] })]);
    expect(only(numbers, requests(), 0)).toEqual([50]);
    const later = new GivenNumbers([series({ per_minute: [10], from_ms: 10 * MINUTE })]);
    expect(only(later, requests(), 9)).toEqual([]);
    expect(only(later, requests(), 11)).toEqual([10]);
  });

  test('each value of an attribute is a group of its own', () => {
    const route = (name: string, rate: number) =>
      series({ attributes: { service: 'api', route: name, status: '200', synthetic: 'false' }, per_minute: [rate] });
    const numbers = new GivenNumbers([route('/a', 1), route('/b', 2)]);
    expect(numbers.answer(requests({ by: ['http.route'] }), MINUTE)).toEqual({
      unit: '1',
      groups: [
        { labels: { 'http.route': '/a' }, value: 5, samples: 5 },
        { labels: { 'http.route': '/b' }, value: 10, samples: 10 },
      ],
    });
  });

  test('each combination of several attributes is a group; what has none of them is one more', () => {
    const line = (attributes: Record<string, string>, rate: number) =>
      series({ attributes: { status: '200', synthetic: 'false', ...attributes }, per_minute: [rate] });
    const given = [
      line({ service: 'api', route: '/a' }, 1),
      line({ service: 'api', route: '/b' }, 2),
      line({ service: 'till', route: '/a' }, 3),
      line({ service: 'till' }, 4),
      line({}, 5),
    ];
    const asked = requests({ service: null, by: ['service.name', 'http.route'] });
    expect(new GivenNumbers(given).answer(asked, MINUTE).groups.map(({ labels, value }) => [labels, value])).toEqual([
      [{ 'service.name': 'api', 'http.route': '/a' }, 5],
      [{ 'service.name': 'api', 'http.route': '/b' }, 10],
      [{ 'service.name': 'till', 'http.route': '/a' }, 15],
      [{ 'service.name': 'till' }, 20],
      [{}, 25],
    ]);
  });

  test('what is measured is averaged and ranked by how much of the window it fills', () => {
    const numbers = new GivenNumbers([
      series({ of: 'metric', metric: 'm', attributes: {}, unit: 's', values: [1, 1, 1, 1, 6] }),
    ]);
    expect(only(numbers, metric('avg'), 5)).toEqual([2]);
    expect(only(numbers, metric('max'), 5)).toEqual([6]);
    expect(only(numbers, metric('min'), 5)).toEqual([1]);
    expect(only(numbers, metric('p50'), 5)).toEqual([1]);
    expect(only(numbers, metric('p90'), 5)).toEqual([6]);
    expect(only(numbers, metric('p95'), 60)).toEqual([6]);
    expect(numbers.answer(metric('p95'), 0).unit).toBe('s');
  });

  test('null is no data', () => {
    const numbers = new GivenNumbers([series({ of: 'metric', metric: 'm', attributes: {}, values: [1, null] })]);
    expect(only(numbers, metric('avg'), 5.5)).toEqual([1]);
    expect(only(numbers, metric('avg'), 7)).toEqual([]);
  });

  test('until when an answer stays is never too long', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 300; round++) {
      const numbers = new GivenNumbers(
        Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
          series({
            from_ms: Math.floor(random() * 3) * 7 * MINUTE,
            every_ms: (1 + Math.floor(random() * 10)) * MINUTE,
            per_minute: Array.from({ length: 4 }, () => [0, 3, 9, null][Math.floor(random() * 4)]!),
          }),
        ),
      );
      const question = requests({ window_ms: 6 * MINUTE, offset_ms: Math.floor(random() * 2) * 4 * MINUTE });
      const now = Math.floor(random() * 60 * MINUTE);
      const until = Math.min(numbers.constantUntil(question, now), now + 90 * MINUTE);
      const present = JSON.stringify(numbers.answer(question, now));
      for (let step = 0; step <= 10; step++) {
        const then = now + ((until - now) * step) / 10;
        if (then < until) expect(JSON.stringify(numbers.answer(question, then))).toBe(present);
      }
    }
  });
});
