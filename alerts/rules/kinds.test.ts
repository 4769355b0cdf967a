import { describe, expect, test } from '@jest/globals';
import { ruleKinds } from './registry.ts';
import type { SeriesAnswer, SignalAnswer } from './signal.ts';

const NOW = Date.UTC(2026, 10, 23, 3);

function judge(kind: string, written: unknown, answers: (SignalAnswer | null)[], now = NOW) {
  const rule = ruleKinds.get(kind)!;
  expect(rule.check(written)).toEqual([]);
  return rule.evaluate(rule.compile(written), answers, now);
}

const one = (value: number | null, samples: number | null = 100, unit: string | null = null): SeriesAnswer => ({
  unit,
  groups: [{ labels: {}, value, samples }],
});
const nothing: SeriesAnswer = { unit: null, groups: [] };
const said = (readings: readonly { breached: boolean | null; text: string }[]) =>
  readings.map(({ breached, text }) => `${breached}: ${text}`);

describe('threshold', () => {
  const p95 = { of: { metric: 'http.server.request.duration', aggregate: 'p95' }, is: { gt: '500ms' } };

  test('a duration is compared in the unit of the metric', () => {
    expect(said(judge('threshold', p95, [one(0.4999, 9, 's')]))).toEqual([
      'false: p95 of http.server.request.duration is 500 ms, not more than 500 ms',
    ]);
    expect(said(judge('threshold', p95, [one(501, 9, 'ms')]))).toEqual([
      'true: p95 of http.server.request.duration is 501 ms, more than 500 ms',
    ]);
  });

  test('what cannot be compared is no data, and says why', () => {
    expect(said(judge('threshold', p95, [one(501, 9, null)]))).toEqual([
      'null: p95 of http.server.request.duration is 501 (unit: unknown), which cannot be compared with 500 ms',
    ]);
  });

  test('too few samples are no data', () => {
    expect(judge('threshold', { ...p95, at_least: 20 }, [one(9, 19, 's')])[0]!.breached).toBeNull();
    expect(judge('threshold', { ...p95, at_least: 20 }, [one(9, 20, 's')])[0]!.breached).toBe(true);
    // How many there are is not always known.
    expect(judge('threshold', { ...p95, at_least: 20 }, [one(9, null, 's')])[0]!.breached).toBe(true);
  });

  test('where something is counted nothing is zero; a metric of which there is nothing has no data', () => {
    const counted = { of: { logs: { service: 'billing', level: 'error' } }, is: { lt: 1 } };
    expect(said(judge('threshold', counted, [nothing]))).toEqual([
      'true: 0 errors of billing within 5 min, less than 1',
    ]);
    expect(said(judge('threshold', counted, [one(1)]))).toEqual([
      'false: 1 error of billing within 5 min, not less than 1',
    ]);
    expect(judge('threshold', p95, [nothing])[0]!.breached).toBeNull();
    const rule = ruleKinds.get('threshold')!;
    const byRoute = rule.compile({ of: { requests: {}, by: 'http.route' }, is: { lt: 1 } });
    expect(rule.vanished(byRoute, { 'http.route': '/a' })?.breached).toBe(true);
    expect(rule.vanished(rule.compile({ ...p95, of: { ...p95.of, by: 'http.route' } }), {})).toBeNull();
  });
});

describe('several attributes in by', () => {
  const by = ['service.name', 'http.route'];
  const group = (service: string, route: string | null, value: number): SeriesAnswer['groups'][number] => ({
    labels: { 'service.name': service, ...(route === null ? {} : { 'http.route': route }) },
    value,
    samples: value,
  });
  const answer = (...groups: SeriesAnswer['groups']): SeriesAnswer => ({ unit: '1', groups });

  test('each combination is judged by itself, one that lacks an attribute too', () => {
    const written = { of: { requests: {}, by }, is: { gte: 5 } };
    expect(
      said(judge('threshold', written, [answer(group('a', '/x', 5), group('b', '/x', 4), group('b', null, 7))])),
    ).toEqual([
      'true: 5 requests of a, /x within 5 min, at least 5',
      'false: 4 requests of b, /x within 5 min, not at least 5',
      'true: 7 requests of b within 5 min, at least 5',
    ]);
  });

  test('a part finds its whole by all of them, in whatever order they are written', () => {
    const written = {
      part: { requests: { status: '5xx' }, by: [...by].reverse() },
      whole: { requests: {}, by },
      is: { gt: '5%' },
      at_least: 20,
    };
    const whole = answer(group('a', '/x', 100), group('b', '/x', 100), group('a', null, 100));
    const readings = judge('ratio', written, [answer(group('b', '/x', 50)), whole]);
    expect(readings.map(({ value }) => value)).toEqual([0, 0.5, 0]);
    const rule = ruleKinds.get('ratio')!;
    expect(rule.check({ ...written, part: { requests: {}, by: 'http.route' } })).toHaveLength(1);
  });

  test('a value is compared with its own before', () => {
    const written = { of: { requests: {}, by }, compared_to: '1h', is: { gt: '50%' } };
    const now = answer(group('a', '/x', 100), group('b', '/x', 100));
    const before = answer(group('b', '/x', 10), group('a', '/x', 100), group('c', '/x', 9));
    expect(judge('rate_of_change', written, [now, before]).map(({ value }) => value)).toEqual([0, 9, -1]);
  });
});

describe('ratio', () => {
  const errors = {
    part: { requests: { service: 'api', status: '5xx' } },
    whole: { requests: { service: 'api' } },
    is: { gt: '5%' },
    at_least: 20,
  };

  test('a part that is not there is none of the whole', () => {
    expect(said(judge('ratio', errors, [nothing, one(100)]))).toEqual([
      'false: 5xx requests are 0% of requests within 5 min, not more than 5%',
    ]);
    expect(judge('ratio', errors, [one(6, 6), one(100)])[0]).toMatchObject({ breached: true, shown: { value: '6%' } });
  });

  test('a whole of nothing, or of too little, is no data', () => {
    expect(judge('ratio', errors, [one(0, 0), nothing])[0]!.breached).toBeNull();
    expect(judge('ratio', errors, [one(19, 19), one(19, 19)])[0]!.breached).toBeNull();
  });

  test('groups are divided each by its own', () => {
    const by = (values: Record<string, number>): SeriesAnswer => ({
      unit: null,
      groups: Object.entries(values).map(([route, value]) => ({ labels: { r: route }, value, samples: value })),
    });
    const grouped = { ...errors, part: { ...errors.part, by: 'r' }, whole: { ...errors.whole, by: 'r' } };
    const readings = judge('ratio', grouped, [by({ '/b': 50 }), by({ '/a': 100, '/b': 100 })]);
    expect(readings.map(({ labels, value }) => [labels.r, value])).toEqual([
      ['/a', 0],
      ['/b', 0.5],
    ]);
  });
});

describe('rate of change', () => {
  const surge = { of: { requests: {} }, compared_to: '1h', is: { gt: '50%' } };

  test('asks the same of an hour before', () => {
    const rule = ruleKinds.get('rate_of_change')!;
    const questions = rule.questions(rule.compile(surge), NOW);
    expect(questions).toMatchObject([{ offset_ms: 0 }, { offset_ms: 3_600_000 }]);
  });

  test.each([
    [150, 100, false, '+50%'],
    [151, 100, true, '+51%'],
    [50, 100, false, '-50%'],
    [5, 0, true, null],
    [0, 0, false, '0%'],
  ])('%d after %d', (now, before, breached, shown) => {
    expect(judge('rate_of_change', surge, [one(now), one(before)])[0]).toMatchObject({
      breached,
      shown: { value: shown },
    });
  });

  test('what is counted and occurs no more has fallen to zero', () => {
    const fall = { of: { requests: {}, by: 'r' }, compared_to: '1d', is: { lt: '-90%' } };
    const before: SeriesAnswer = { unit: null, groups: [{ labels: { r: '/a' }, value: 9, samples: 9 }] };
    expect(said(judge('rate_of_change', fall, [nothing, before]))).toEqual([
      'true: number of requests within 5 min of /a went from 9 to 0 within 24 h (-100%), less than -90%',
    ]);
  });
});

describe('absence', () => {
  test('silence is what it looks for, so it never has no data', () => {
    const written = { of: { logs: { service: 'billing' } }, for: '10m' };
    expect(said(judge('absence', written, [nothing]))).toEqual(['true: no log records of billing for 10 min']);
    expect(said(judge('absence', written, [one(3, 3)]))).toEqual(['false: log records of billing came within 10 min']);
  });

  test('a metric is heard of when it has samples, whatever their value', () => {
    const written = { of: { metric: 'queue.depth' }, for: '10m' };
    expect(judge('absence', written, [one(0, 4)])[0]!.breached).toBe(false);
  });
});

describe('burn rate', () => {
  // Google, The Site Reliability Workbook, chapter 5, table 5-8: 2% of a 30-day budget within an hour is 14.4.
  const written = {
    slo: { scenario: 'journey' },
    objective: '99.9%',
    windows: [{ long: '1h', short: '5m', factor: 14.4 }],
  };

  test.each([
    ['both windows burn', [985, 1_000, 98, 100], true],
    ['only the long one does: it is over', [985, 1_000, 100, 100], false],
    ['only the short one does: it has just begun', [999, 1_000, 90, 100], false],
    ['exactly the factor is not more', [9_856, 10_000, 9_856, 10_000], false],
    ['nothing within the short one', [985, 1_000, 0, 0], false],
    ['nothing at all', [0, 0, 0, 0], null],
  ])('%s', (_, numbers, breached) => {
    expect(
      judge(
        'burn_rate',
        written,
        numbers.map((value) => one(value, value)),
      )[0]!.breached,
    ).toBe(breached);
  });

  test('any pair of windows is enough, and the text names it', () => {
    const two = { ...written, windows: undefined };
    const numbers = [999, 1_000, 99, 100, 990, 1_000, 98, 100];
    expect(
      said(
        judge(
          'burn_rate',
          two,
          numbers.map((value) => one(value, value)),
        ),
      ),
    ).toEqual(['true: error budget of 99.9% of runs of journey burns 10× as fast as allowed over 6 h, more than 6×']);
  });
});

describe('certificate', () => {
  const written = { targets: ['a.example.com:443', 'b.example.com:443'], expires_in: { lt: '14d' } };
  const until = (days: number) => ({ expires_at: new Date(NOW + days * 86_400_000).toISOString(), subject: 'CN=x' });

  test('each target by itself; one that shows none says nothing', () => {
    expect(said(judge('certificate', written, [until(13), null]))).toEqual([
      'true: the certificate of a.example.com:443 (CN=x) ends in 13 d, on 2026-12-06',
    ]);
    const own = { ...until(13), subject: 'CN=a.example.com' };
    expect(said(judge('certificate', written, [own, null]))).toEqual([
      'true: the certificate of a.example.com:443 ends in 13 d, on 2026-12-06',
    ]);
    expect(judge('certificate', written, [until(15), until(-1)]).map(({ breached }) => breached)).toEqual([
      false,
      true,
    ]);
  });
});

describe('heartbeat', () => {
  const written = { name: 'backup', every: '24h', grace: '1h' };
  const ago = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
  const beat = { known_since: ago(100), last_at: ago(1), failed: false, message: null };

  test.each([
    ['in time', beat, false, 'backup reported 1 h ago; it is expected every 24 h'],
    ['within its grace', { ...beat, last_at: ago(25) }, false, 'backup reported 25 h ago; it is expected every 24 h'],
    ['late', { ...beat, last_at: ago(25.1) }, true, 'backup reported 25 h 6 min ago; it is expected every 24 h'],
    ['never', { ...beat, last_at: null }, true, 'backup has never reported, for 4 d; it is expected every 24 h'],
    [
      'not yet',
      { ...beat, known_since: ago(2), last_at: null },
      false,
      'backup has never reported, for 2 h; it is expected every 24 h',
    ],
    ['failed', { ...beat, failed: true, message: 'disk full' }, true, 'backup reported a failure 1 h ago: disk full'],
  ])('%s', (_, answer, breached, text) => {
    expect(judge('heartbeat', written, [answer])).toMatchObject([{ breached, text }]);
  });
});

describe('backend', () => {
  test('lag and loss', () => {
    const answer = { lag_ms: 360_000, lost: 3 };
    expect(said(judge('backend', { name: 'elk', is: { lag: { gt: '5m' } } }, [answer]))).toEqual([
      'true: elk is 6 min behind, more than 5 min',
    ]);
    expect(said(judge('backend', { name: 'elk', is: { lost: { gt: 3 } }, window: '10m' }, [answer]))).toEqual([
      'false: elk lost 3 items within 10 min, not more than 3',
    ]);
  });
});
