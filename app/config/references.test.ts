import { expect, test } from '@jest/globals';
import { parseScenario } from '../../scenarios/language/parse.ts';
import { checkReferences } from './references.ts';

function scenario(id: string, more: string) {
  const file = `${id}.scenario.yaml`;
  const text = `version: 1\nid: ${id}\nname: ${id}\nservice: shop\n${more}\nsteps:\n  - { name: one, request: GET / }\n`;
  const parsed = parseScenario(text, file);
  expect(parsed.diagnostics).toEqual([]);
  return { scenario: parsed.scenario!, file, text };
}

function problems(files: ReturnType<typeof scenario>[], environments: string[] | null, complete = true) {
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  return checkReferences(
    files.map((file) => file.scenario),
    texts,
    { environments, complete },
  ).map(({ file, line, column, message, hint }) => `${file}:${line}:${column} ${message}${hint ? ` (${hint})` : ''}`);
}

test('an environment that the config does not have', () => {
  const files = [scenario('a', 'environments: [staging, prodution]')];
  expect(problems(files, ['staging', 'production'])).toEqual([
    'a.scenario.yaml:5:25 ringdown.yaml has no environment "prodution" (did you mean "production"?)',
  ]);
  expect(problems(files, null)).toEqual([]);
});

test('a dependency that is not there, where all scenarios are known', () => {
  const files = [scenario('orders', 'depends_on: [logn]'), scenario('login', '')];
  expect(problems(files, [])).toEqual([
    'orders.scenario.yaml:5:14 there is no scenario "logn" (did you mean "login"?)',
  ]);
  expect(problems(files, [], false)).toEqual([]);
});

test('dependencies in a circle, told where each begins; what only leads there is fine', () => {
  const files = [
    scenario('a', 'depends_on: [b]'),
    scenario('b', 'depends_on: [c]'),
    scenario('c', 'depends_on: [a]'),
    scenario('d', 'depends_on: [a]'),
  ];
  expect(problems(files, []).map((text) => text.replace(/ \(.*/, ''))).toEqual([
    'a.scenario.yaml:5:14 dependencies go round in a circle: a → b → c → a',
    'b.scenario.yaml:5:14 dependencies go round in a circle: b → c → a → b',
    'c.scenario.yaml:5:14 dependencies go round in a circle: c → a → b → c',
  ]);
});
