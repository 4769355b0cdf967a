import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileJsonQuery } from './index.ts';

interface Case {
  name: string;
  selector: string;
  document?: unknown;
  result?: unknown[];
  /** Where an order is not prescribed: any of these. */
  results?: unknown[][];
  invalid_selector?: boolean;
}

const { tests } = JSON.parse(readFileSync(suite(), 'utf8')) as { tests: Case[] };

/** The public compliance suite of RFC 9535, as the package carries it. */
function suite(): URL {
  const found = new URL(import.meta.resolve('jsonpath-rfc9535/package.json'));
  return new URL('src/__tests__/jsonpath-compliance-test-suite/cts.json', found);
}

test('the suite is there as a whole', () => {
  expect(tests.length).toBeGreaterThanOrEqual(680);
});

describe('RFC 9535 compliance suite', () => {
  test.each(tests.map((one) => [`${one.name}: ${one.selector}`, one] as const))('%s', (_, one) => {
    const query = compileJsonQuery(one.selector);
    if (one.invalid_selector) {
      expect(query).toEqual({ error: expect.any(String), offset: expect.any(Number) });
      return;
    }
    if ('error' in query) throw new Error(`${query.error} at ${query.offset}`);
    expect(one.results ?? [one.result]).toContainEqual(query.select(one.document));
  });
});
