import { expect, test } from '@jest/globals';
import { editScenario } from './edit.ts';
import { outlineScenario } from './outline.ts';

const TEXT = `version: 1
id: shop
name: Shop   # what people read
service: shop
schedule: { every: 30s }
tags: [critical, "a b"]
steps:
  - name: sign in
    request: POST /v1/sessions
    expect: { status: [200, 201] }
  - name: both
    parallel:
      - { name: one, request: { method: GET, url: /one }, expect: { status: { one_of: [200] } } }
      - { name: two, dns: { name: example.com, type: A }, timeout: 2s }
  - include: ./more.steps.yaml
always:
  - { name: waiting, pause: 1s }
`;

test('what a form shows, with the place where each thing stands', () => {
  const outline = outlineScenario(TEXT)!;
  expect(outline.name).toEqual({ path: ['name'], removal: ['name'], text: 'Shop', complex: false });
  expect(outline.every.text).toBe('30s');
  expect(outline.cron).toMatchObject({ path: ['schedule', 'cron'], text: null, complex: false });
  expect(outline.tags.text).toBe('critical, a b');
  expect(outline.steps.map(({ section, line, kind, words }) => [section, line, kind, words])).toEqual([
    ['steps', 8, 'http', 'POST /v1/sessions'],
    ['steps', 11, 'parallel', '2 steps at once'],
    ['steps', 13, 'http', 'GET /one'],
    ['steps', 14, 'dns', 'example.com A'],
    ['steps', 15, 'include', './more.steps.yaml'],
    ['always', 17, 'pause', '1s'],
  ]);
  const [signIn, , one, two] = outline.steps;
  expect(signIn!.status).toMatchObject({ path: ['steps', 0, 'expect', 'status'], text: '200, 201', complex: false });
  expect(one!.request).toMatchObject({ text: null, complex: true });
  expect(one!.status).toMatchObject({ text: null, complex: true });
  expect(two!.status).toBeNull();
  expect(two!.timeout).toMatchObject({ path: ['steps', 1, 'parallel', 1, 'timeout'], text: '2s', complex: false });
});

test('what is taken away leaves no empty mapping behind', () => {
  const { every, name } = outlineScenario(TEXT)!;
  expect([every.removal, name.removal]).toEqual([['schedule'], ['name']]);
  expect(outlineScenario(TEXT)!.steps[0]!.status!.removal).toEqual(['steps', 0, 'expect']);
  const two = outlineScenario('schedule: { every: 30s, jitter: 10% }\nsteps:\n  - expect: { status: 200, body: x }\n')!;
  expect(two.every.removal).toEqual(['schedule', 'every']);
  expect(
    outlineScenario('steps: [{ request: GET /, expect: { status: 200, body: x } }]')!.steps[0]!.status!.removal,
  ).toEqual(['steps', 0, 'expect', 'status']);
});

test('every place that it names can be edited', () => {
  const { steps, ...fields } = outlineScenario(TEXT)!;
  const places = [...Object.values(fields), ...steps.flatMap(({ name, timeout }) => [name, timeout])];
  for (const place of places.filter((one) => one !== null)) {
    const edited = editScenario(TEXT, [{ path: place.path, value: 'changed' }]);
    expect(edited).toHaveProperty('text');
  }
});

test('a file with mistakes is outlined as far as it goes, and one that is no YAML is not', () => {
  expect(outlineScenario('name: x\nretry: often\nsteps: [1, { name: y }]\n')).toMatchObject({
    retry_times: { path: ['retry'], text: null, complex: true },
    steps: [{ name: { text: 'y' }, kind: null, words: '' }],
  });
  expect(outlineScenario('name: [x\n')).toBeNull();
  expect(outlineScenario('')).toBeNull();
});
