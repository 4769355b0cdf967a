import { expect, test } from '@jest/globals';
import { compileJsonQuery } from '../engine/jsonpath/index.ts';
import { flat } from './code.ts';
import { jsonPathCode } from './json-path-code.ts';
import { Refused } from './refusal.ts';
import { COMPLIANCE_CASES } from './testing/compliance-suite.ts';
import { evaluate, MISSING } from './testing/evaluate.ts';

/** Flags, and patterns that come out of the document itself. */
const REFUSED_AT_MOST = 25;

test('a JSONPath selects in a script what it selects in the engine, for all of the compliance suite', () => {
  const refused: string[] = [];
  for (const { selector, document } of COMPLIANCE_CASES) {
    const query = compileJsonQuery(selector);
    if ('error' in query) throw new Error(query.error);
    let made: ReturnType<typeof jsonPathCode>;
    try {
      made = jsonPathCode(selector, 'body');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused.push(`${selector}: ${error.message}`);
      continue;
    }
    const value = evaluate(flat(made.code), { body: document });
    const found = made.singular ? (value === MISSING ? [] : [value]) : value;
    expect({ selector, found }).toEqual({ selector, found: query.select(document) });
  }
  expect(refused.length).toBeLessThan(REFUSED_AT_MOST);
});

test.each([
  ['$.items[0].title', "at(body, 'items', 0, 'title')"],
  ['$', 'body'],
  ["$['a b'].__proto__", "at(body, 'a b', '__proto__')"],
  ['$.items[*].id', "select(body, 'items', all, 'id')"],
  ['$..id', "select(body, deep('id'))"],
  ['$.items[1:3,-1]', "select(body, 'items', any(slice(1, 3, 1), -1))"],
  [
    "$.items[?@.price < 10 && @.name != 'tea']",
    "select(body, 'items', where((node) => (compare(at(node, 'price'), '<', 10) && compare(at(node, 'name'), '!=', 'tea'))))",
  ],
])('%s reads as %s', (path, code) => {
  expect(flat(jsonPathCode(path, 'body').code)).toBe(code);
});
