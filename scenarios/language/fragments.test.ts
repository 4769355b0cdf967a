import { expect, test } from '@jest/globals';
import type { ActionStep } from './model.ts';
import { parseFragment, parseScenario } from './parse.ts';
import { memoryFiles } from './source-files.ts';

const FILE = 'shop/a.scenario.yaml';
const HEAD = 'version: 1\nid: a\nname: A\nservice: api\n';
const SIGN_IN = `version: 1
parameters: { email: null, role: "{{ tenant }}-user" }
steps:
  - name: signing in
    request: POST /v1/sessions
    json: { email: "{{ email }}", role: "{{ role }}" }
    capture: { token: $.token }
`;
const OUTER = `version: 1
parameters: { who: null }
steps:
  - include: ./sign-in.steps.yaml
    with: { email: "{{ who }}@example.com" }
    prefix: "inner: "
  - name: using it
    request: GET /{{ who }}
    auth: { bearer: "{{ token }}" }
`;

const parsed = (text: string, contents: Record<string, string>) => {
  const result = parseScenario(HEAD + text, FILE, { files: memoryFiles(FILE, contents) });
  expect(result.diagnostics).toEqual([]);
  return { ...result, scenario: result.scenario! };
};

test('included steps stand in the place of the include, behind their prefix, and know what they were given', () => {
  const text = `variables: { tenant: acme }
steps:
  - include: ./fragments/outer.steps.yaml
    with: { who: "{{ tenant }}.qa" }
    prefix: "one: "
  - include: ./fragments/outer.steps.yaml
    with: { who: kim }
  - name: after it
    request: GET /
    auth: { bearer: "{{ token }}" }
`;
  const { scenario, texts, files } = parsed(text, {
    'shop/fragments/outer.steps.yaml': OUTER,
    'shop/fragments/sign-in.steps.yaml': SIGN_IN,
  });
  expect(scenario.steps.map(({ name }) => name)).toEqual([
    'one: inner: signing in',
    'one: using it',
    'inner: signing in',
    'using it',
    'after it',
  ]);
  expect([...texts.keys()]).toEqual([FILE, 'shop/fragments/outer.steps.yaml', 'shop/fragments/sign-in.steps.yaml']);
  expect(files).toEqual(['shop/fragments/outer.steps.yaml', 'shop/fragments/sign-in.steps.yaml']);

  const [inner, use, again] = scenario.steps as ActionStep[];
  expect(inner!.parameters!.outer).toBe(use!.parameters);
  expect(again!.parameters).not.toBe(inner!.parameters);
  const written = (step: ActionStep) =>
    step.parameters!.values.map(({ name, value }) => [name, value.kind === 'text' ? value.source : value]);
  expect(written(use!)).toEqual([['who', '{{ tenant }}.qa']]);
  expect(written(inner!)).toEqual([
    ['email', '{{ who }}@example.com'],
    ['role', '{{ tenant }}-user'],
  ]);
  expect(written(again!)[0]).toEqual(['email', '{{ who }}@example.com']);
  expect(again!.parameters!.outer!.values).toEqual([{ name: 'who', value: { kind: 'constant', value: 'kim' } }]);
  expect(scenario.steps.at(-1)!.parameters).toBeNull();
});

test('files of a fragment are relative to the fragment', () => {
  const { scenario, files } = parsed('steps:\n  - include: ./f/a.steps.yaml\n', {
    'shop/f/a.steps.yaml': 'version: 1\nsteps:\n  - name: one\n    request: GET /\n    connection: { ca: ./ca.pem }\n',
    'shop/f/ca.pem': '-----BEGIN CERTIFICATE-----\n',
  });
  expect((scenario.steps[0] as ActionStep).connection).toEqual({ ca: '-----BEGIN CERTIFICATE-----\n' });
  expect(files).toEqual(['shop/f/a.steps.yaml', 'shop/f/ca.pem']);
});

test('two hundred includes of two hundred steps are refused, and quickly', () => {
  const bomb = (inner: string) => `version: 1\nsteps:\n${`  - include: ${inner}\n`.repeat(200)}`;
  const contents = Object.fromEntries([
    ...[1, 2, 3, 4].map((level) => [`shop/${level}.steps.yaml`, bomb(`./${level + 1}.steps.yaml`)]),
    ['shop/5.steps.yaml', `version: 1\nsteps:\n${'  - { name: x, request: GET / }\n'.repeat(200)}`],
  ]);
  const start = performance.now();
  const { diagnostics } = parseScenario(`${HEAD}steps:\n  - include: ./1.steps.yaml\n`, FILE, {
    files: memoryFiles(FILE, contents),
  });
  expect(diagnostics.map(({ message }) => message)).toContainEqual(expect.stringContaining('at most 1000 steps'));
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('a file of steps is checked by itself, but for its names', () => {
  expect(parseFragment(SIGN_IN, 'sign-in.steps.yaml').diagnostics).toEqual([]);
  expect(parseFragment('version: 1\nsteps:\n  - name: one\n', 'a').diagnostics).toMatchObject([
    { line: 3, message: 'the step does not say what to do' },
  ]);
});
