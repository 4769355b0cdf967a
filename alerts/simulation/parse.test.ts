import { describe, expect, test } from '@jest/globals';
import { renderDiagnostics } from '../../core/document/index.ts';
import { parsePolicyTests } from './parse.ts';

const KNOWN = { policies: ['critical', 'default'], channels: ['pager', 'team', 'call-kim'], users: ['kim'] };

function problems(text: string): string {
  const { diagnostics } = parsePolicyTests(text, 'a.policy.test.yaml', KNOWN);
  return renderDiagnostics(diagnostics, text);
}

const parsed = (text: string) => {
  const { tests, diagnostics } = parsePolicyTests(text, 'a.policy.test.yaml', KNOWN);
  expect(diagnostics).toEqual([]);
  return tests!;
};

/** A case of these entries, on lines of their own. */
const oneCase = (given: string, expected = '{ at: 0s, notified: [pager] }', more = '') =>
  `policy: critical\n${more}cases:\n  - name: one\n    given:\n      - ${given}\n    expect:\n      - ${expected}\n`;
const RUN = '{ at: 0s, run: { monitor: a@local, status: failed } }';

describe('a policy test that is right', () => {
  test('the example of the documents is read, times in milliseconds and lines kept', () => {
    const tests = parsed(`policy: critical
cases:
  - name: nobody acknowledges
    start: 2026-11-23T03:00:00+09:00
    given:
      - { at: 8m, acknowledge: { by: kim } }
      - { at: 0s, run: { monitor: post-journey@local, status: failed, tags: [critical] } }
    expect:
      - { at: 0s, notified: [pager, team] }
      - { between: [4m, 6m], notified: [call-kim], event: escalated, times: 2 }
      - { at: 5m, incident: { state: triggered, held: false } }
      - { until: 30m, nothing_else: true }
`);
    const [one] = tests.cases;
    expect(one).toMatchObject({
      name: 'nobody acknowledges',
      line: 3,
      start: Date.UTC(2026, 10, 22, 18),
      end_ms: 1_800_000,
    });
    expect(one!.given.map(({ at_ms, kind }) => [at_ms, kind])).toEqual([
      [0, 'run'],
      [480_000, 'answer'],
    ]);
    expect(one!.expect).toEqual([
      { kind: 'notified', names: ['pager', 'team'], event: null, times: 1, from_ms: 0, to_ms: 1_000, line: 9 },
      {
        kind: 'notified',
        names: ['call-kim'],
        event: 'incident.escalated',
        times: 2,
        from_ms: 240_000,
        to_ms: 360_000,
        line: 10,
      },
      { kind: 'incident', incident: { state: 'triggered', held: false }, from_ms: 300_000, to_ms: 300_000, line: 11 },
      { kind: 'nothing_else', event: null, from_ms: 0, to_ms: 1_800_000, line: 12 },
    ]);
  });

  test('a failed run without further words fails an assertion, one in error cannot connect', () => {
    const [failed, error] = parsed(oneCase(`${RUN}\n      - { at: 0s, run: { monitor: b@local, status: error } }`))
      .cases[0]!.given;
    expect(failed).toMatchObject({ run: { failure: { kind: 'assertion' } } });
    expect(error).toMatchObject({ run: { failure: { kind: 'network' } } });
  });

  test('numbers are written with units, and several at once', () => {
    const { series } = parsed(
      'policy: critical\ncases:\n  - name: one\n    series:\n      - { metric: m, values: [100ms x3, 2s, null], every: 30s }\n      - { logs: { service: a }, per_minute: 5 }\n    expect:\n      - { at: 0s, notified: [] }\n',
    ).cases[0]!;
    expect(series[0]).toMatchObject({ of: 'metric', unit: 's', values: [0.1, 0.1, 0.1, 2, null], every_ms: 30_000 });
    expect(series[1]).toMatchObject({ of: 'logs', attributes: { service: 'a', level: 'info' }, per_minute: [5] });
  });

  test('matchers are a mapping or texts', () => {
    const { given } = parsed(
      oneCase(
        `${RUN}\n      - { at: 0s, silence: { matchers: { service: a }, for: 1h } }\n      - { at: 0s, maintenance: { matchers: ["monitor=~post-.*", "rule!=x"], for: 1h } }`,
      ),
    ).cases[0]!;
    expect(given.slice(1)).toMatchObject([
      { matchers: [{ label: 'service', is: '=', value: 'a' }] },
      {
        matchers: [
          { label: 'monitor', is: '=~', value: 'post-.*' },
          { label: 'rule', is: '!=', value: 'x' },
        ],
      },
    ]);
  });
});

describe('a policy test that is wrong is told where and what to do', () => {
  test('a case that expects nothing cannot fail, and is refused', () => {
    expect(problems(`policy: critical\ncases:\n  - name: one\n    given: [${RUN}]\n`)).toContain(
      'a.policy.test.yaml:3:5: missing key "expect"',
    );
    expect(problems(`policy: critical\ncases:\n  - name: one\n    given: [${RUN}]\n    expect: []\n`)).toContain(
      'a.policy.test.yaml:5:13',
    );
    expect(problems(oneCase(RUN, '{ at: 0s }'))).toContain('it says nothing\n');
  });

  test('a case to which nothing is given is refused', () => {
    const text = 'policy: critical\ncases:\n  - name: one\n    expect: [{ until: 1h, nothing_else: true }]\n';
    expect(problems(text)).toBe(
      'a.policy.test.yaml:3:5: nothing is given, so nothing can fail\n    3 |   - name: one\n      |     ^^^^^^^^^ add given: or series:',
    );
  });

  test.each([
    ['an unknown channel', oneCase(RUN, '{ at: 0s, notified: [pagr] }'), '"pagr"', 'did you mean "pager"?'],
    [
      'an unknown policy',
      oneCase(RUN).replace('critical', 'critcal'),
      'no policy has the id',
      'did you mean "critical"?',
    ],
    [
      'two entries in one',
      oneCase('{ at: 0s, run: { monitor: a@b, status: failed }, restart: {} }'),
      '"run" and "restart"',
      'write each',
    ],
    [
      'an answer that repeats',
      oneCase('{ at: 0s, every: 1m, until: 2m, acknowledge: { by: kim } }'),
      'only a run repeats',
      '^',
    ],
    [
      'a repetition without end',
      oneCase('{ at: 0s, every: 1m, run: { monitor: a@b, status: passed } }'),
      'it never ends',
      'until: 10m',
    ],
    [
      'a million runs',
      oneCase('{ at: 0s, every: 1s, until: 300d, run: { monitor: a@b, status: passed } }'),
      '25920000 runs',
      '^',
    ],
    ['no time', oneCase(RUN, '{ notified: [pager] }'), 'it does not say when', 'add at:'],
    ['no end', oneCase(RUN, '{ nothing_else: true }'), 'until when', 'add until: 30m'],
    [
      'a span that ends before it begins',
      oneCase(RUN, '{ between: [5m, 4m], notified: [pager] }'),
      'ends before it begins',
      '^',
    ],
    ['a name twice', oneCase(RUN, '{ at: 0s, notified: [pager, pager] }'), 'stands here twice', 'times: 2'],
    [
      'a failure of a run that passed',
      oneCase('{ at: 0s, run: { monitor: a@b, status: passed, failure: { step: x } } }'),
      'a run that passed has no failure',
      '^',
    ],
    [
      'no such day',
      oneCase(RUN).replace('given:', 'start: 2026-02-31T25:00:00Z\n    given:'),
      'there is no such day',
      '^',
    ],
    ['a case of ten years', oneCase(RUN, '{ until: 3660d, nothing_else: true }'), 'a case lasts a year at most', '^'],
    [
      'a misspelt key',
      oneCase(RUN, '{ at: 0s, notfied: [pager] }'),
      'unknown key "notfied"',
      'did you mean "notified"?',
    ],
    ['a duration without a unit', oneCase(RUN, '{ at: 5, notified: [pager] }'), 'a duration such as', '^'],
    [
      'an unknown channel that fails',
      oneCase('{ at: 0s, channel: { name: pagr, fails: 5m } }'),
      'unknown channel "pagr"',
      'did you mean "pager"?',
    ],
    [
      'a matcher that is none',
      oneCase('{ at: 0s, silence: { matchers: [service], for: 1h } }'),
      '"service" is no matcher',
      'label=value',
    ],
    [
      'a pattern that cannot be read',
      oneCase('{ at: 0s, silence: { matchers: ["service=~(a"], for: 1h } }'),
      'not a pattern in RE2 syntax',
      '^',
    ],
    [
      'a silence of everything',
      oneCase('{ at: 0s, maintenance: { matchers: ["service!=a"], for: 1h } }'),
      'this would silence everything',
      'name at least one label',
    ],
    [
      'an immortal silence',
      oneCase('{ at: 0s, silence: { matchers: { service: a }, for: 60d } }'),
      'must not last longer than 30 days',
      '^',
    ],
  ])('%s', (_what, text, message, hint) => {
    const told = problems(text);
    expect(told).toContain(message);
    expect(told).toContain(hint);
    expect(told).toMatch(/^a\.policy\.test\.yaml:\d+:\d+: /);
  });

  test('names are those of the file where it brings its own channels and people', () => {
    const own = 'channels: [push]\non_call:\n  users: { minsu: { notify: [{ channel: push }] } }\n';
    expect(parsePolicyTests(oneCase(RUN, '{ at: 0s, notified: [push, minsu] }', own), 'f', KNOWN).diagnostics).toEqual(
      [],
    );
    expect(problems(oneCase(RUN, '{ at: 0s, notified: [pager, kim] }', own))).toContain('"pager"');
  });

  test('values of a series that have two units, or none', () => {
    const text = (values: string) =>
      `policy: critical\ncases:\n  - name: one\n    series:\n      - { metric: m, values: ${values} }\n    expect:\n      - { at: 0s, notified: [] }\n`;
    expect(problems(text('[1s, 5MB]'))).toContain('the values of a series have one unit');
    expect(problems(text('[many]'))).toContain('"many" is no number');
  });
});
