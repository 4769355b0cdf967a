import { expect, test } from '@jest/globals';
import { restoreRun } from './run-store.ts';

test('a run that an older version stored has the fields of today', () => {
  const request = { method: 'GET', url: 'http://x/v1/posts/7?q' };
  const step = { name: 'read', section: 'steps', status: 'failed', request, response: { status: 500 } };
  const failure = { step: 'read', message: 'status 500' };
  const stored = { id: '1', steps: [step], failure, attempts: [{ number: 1, steps: [step], failure }] };
  const today = {
    ...step,
    kind: 'http',
    row: null,
    tries: 1,
    group: null,
    shortened: false,
    redirects: [],
    request: { ...request, route: '/v1/posts/7' },
  };
  expect(restoreRun(JSON.stringify(stored))).toEqual({
    id: '1',
    steps: [today],
    failure: { ...failure, row: null },
    attempts: [{ number: 1, rows: null, steps: [today], failure: { ...failure, row: null } }],
  });
});

test('what is stored today comes back as it was', () => {
  const step = { kind: 'dns', request: null, row: 2, tries: 3, group: 'g', shortened: true, redirects: [] };
  const stored = { steps: [step], failure: null, attempts: [{ rows: { total: 1 }, steps: [], failure: null }] };
  expect(restoreRun(JSON.stringify(stored))).toEqual(stored);
});
