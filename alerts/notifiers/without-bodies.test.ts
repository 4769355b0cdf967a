import { expect, test } from '@jest/globals';
import type { Incident } from '../incident.ts';
import { composePage } from '../page/compose.ts';
import { notification } from '../testing/notification.ts';
import { withoutBodies } from './without-bodies.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function told(cause: Partial<Incident['cause']>, source: Incident['source'] = 'run') {
  const { incident } = notification();
  const changed = { ...incident, source, cause: { ...incident.cause, ...cause } };
  const context = {
    unreachable: false,
    flapping: false,
    failing_routes: 1,
    failing_monitors: 1,
    next_escalation: null,
    continues_as: null,
    released: null,
    answer_url: null,
    monitorName: (key: string) => key,
  };
  const page = composePage(changed, 'incident.triggered', context, NOW);
  return { page, bare: withoutBodies(notification({ page }, { source, cause: changed.cause })) };
}

test('a status stays, it is no content', () => {
  const { page, bare } = told({ message: 'status 500, expected 201', expected: '201', actual: '500' });
  expect(bare).toEqual(page);
});

test('what a rule measured is told: no response stands behind it', () => {
  const measured = { message: 'p95 of GET /v1/posts is 2.1 s', expected: '500 ms', actual: '2.1 s' };
  const { page, bare } = told(measured, 'rule');
  expect(bare).toEqual(page);
});

test('what the service answered is in no line, and what was looked at is', () => {
  const { page, bare } = told({
    message: '$.email is "kim@example.com", expected "minsu@example.com"',
    expected: '"minsu@example.com"',
    actual: '"kim@example.com"',
  });
  expect(JSON.stringify(page)).toContain('kim@example.com');
  expect(JSON.stringify(bare)).not.toMatch(/kim@|minsu@|kim@?example|minsu@?example/);
  expect(bare.headline).toContain('$.email is not as expected');
  expect(bare.facts.map(({ label }) => label)).not.toContain('Actual');
});

test('a body too long for one line is gone as well, to the last word', () => {
  const body = `"${'account 4711 of Kim Minji, '.repeat(40)}"`;
  const { bare } = told({ message: `body is ${body}, expected ""`, expected: '""', actual: body });
  expect(JSON.stringify(bare)).not.toMatch(/4711|Minji/);
  expect(bare.headline).toContain('body is not as expected');
});

test('what is missing is told as missing', () => {
  const { bare } = told({ message: '$.id is missing, expected a value', expected: 'a value', actual: 'missing' });
  expect(bare.headline).toContain('$.id is missing');
});

test('a text that says nothing about a response stays as it is', () => {
  const { page, bare } = told({ message: 'connect ECONNREFUSED', expected: null, actual: null });
  expect(bare).toEqual(page);
});

test.each(['rule', 'inbound'] as const)('what a %s says stays: it quotes no response', (source) => {
  const cause = {
    ...notification().incident.cause,
    step: '',
    message: 'p95 is 2.1 s, allowed are 500 ms',
    actual: '2.1 s',
  };
  const page = { ...notification().page, headline: 'P2 Shop · p95 is 2.1 s, allowed are 500 ms' };
  expect(withoutBodies(notification({ page }, { source, cause }))).toEqual(page);
});

test.each([
  '$.error is "card 4111 is missing a cvv", expected "none"',
  '$.error is "\u202e4111 is missing", expected "none"',
  '\u2066card 4111\u2069 is not what was expected',
])('a value that speaks of something missing, or turns the writing around, is left out too: %s', (message) => {
  const { bare } = told({ message, expected: '"none"', actual: '"card 4111 is missing a cvv"' });
  expect(JSON.stringify(bare)).not.toMatch(/4111|cvv/);
});

test.each(['$.id is missing', 'row 3: $.id is missing', 'header etag is missing'])(
  '%s says no more than that',
  (message) => {
    expect(told({ message, expected: 'something', actual: 'nothing' }).bare.headline).toContain(message);
  },
);
