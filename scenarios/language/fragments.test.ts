import { expect, test } from '@jest/globals';
import type { ActionStep, Parameters } from './model.ts';
import { withParameters } from './parameters.ts';
import { parseFragment, parseScenario } from './parse.ts';
import { memoryFiles } from './source-files.ts';
import type { Scope } from './template.ts';

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

const scope = (values: Record<string, unknown>): Scope => ({
  values: new Map(Object.entries(values)),
  secrets: {},
  generators: { now: () => 0, random: () => 0.5 },
  environment: 'local',
  row: null,
  functions: null,
});

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
  const made = new Map<Parameters, ReadonlyMap<string, unknown>>();
  const values = scope({ tenant: 'acme', token: 't' });
  const seen = (step: ActionStep, ...names: string[]) => {
    const found = withParameters(step.parameters, values, made);
    if ('error' in found) throw new Error(found.error.message);
    return names.map((name) => found.value.values.get(name));
  };
  expect(seen(inner!, 'email', 'role', 'tenant', 'token', 'who')).toEqual([
    'acme.qa@example.com',
    'acme-user',
    'acme',
    't',
    undefined,
  ]);
  expect(seen(use!, 'who', 'email')).toEqual(['acme.qa', undefined]);
  expect(seen(again!, 'email')).toEqual(['kim@example.com']);
});

test('a parameter is evaluated once, and what is captured later is seen through it', () => {
  const text = 'steps:\n  - include: ./a.steps.yaml\n    with: { id: "{{ $random_string }}" }\n';
  const fragment =
    'version: 1\nparameters: { id: null }\nsteps:\n  - { name: one, request: "GET /{{ id }}" }\n  - { name: two, request: "GET /{{ id }}" }\n';
  const { scenario } = parsed(text, { 'shop/a.steps.yaml': fragment });
  let count = 0;
  const names = new Map<string, unknown>();
  const counting: Scope = {
    ...scope({}),
    values: names,
    generators: { now: () => 0, random: () => (count++ % 36) / 36 },
  };
  const made = new Map<Parameters, ReadonlyMap<string, unknown>>();
  const [one, two] = scenario.steps.map((step) => withParameters(step.parameters, counting, made));
  if (!('value' in one!) || !('value' in two!)) throw new Error('no scope');
  expect(one.value.values.get('id')).toBe(two.value.values.get('id'));
  names.set('later', 1);
  expect(one.value.values.get('later')).toBe(1);
  expect([...one.value.values.keys()]).toEqual(['id', 'later']);
});

test('what a parameter cannot be made from is told', () => {
  const parameters: Parameters = {
    outer: null,
    values: [{ name: 'a', value: { kind: 'text', source: '', parts: [], escaping: 'none' } }],
  };
  const { scenario } = parsed(
    'variables: { a: 1 }\nsteps:\n  - include: ./a.steps.yaml\n    with: { id: "{{ a }}" }\n',
    { 'shop/a.steps.yaml': 'version: 1\nparameters: { id: null }\nsteps:\n  - { name: one, request: GET / }\n' },
  );
  expect(withParameters(scenario.steps[0]!.parameters, scope({}), new Map())).toMatchObject({ error: { name: 'a' } });
  expect(withParameters(parameters, scope({}), new Map())).toHaveProperty('value');
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
