import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDocument } from '../../core/document/index.ts';
import { parseScenario } from './parse.ts';
import { printScenario, shortened } from './print.ts';
import { ScenarioSchema, type WrittenScenario } from './schema.ts';
import { memoryFiles } from './source-files.ts';
import { StepSchema } from './step-schema.ts';
import { arbitraryScenario, NAMED_FILES } from './testing/arbitrary-scenario.ts';

fc.configureGlobal({ seed: 20261123 });

const FILE = 'a.scenario.yaml';

test('what is printed says the same: as data, and as the scenario that runs', () => {
  const keys = new Set<string>();
  const stepKeys = new Set<string>();
  fc.assert(
    fc.property(arbitraryScenario, (written) => {
      for (const key of Object.keys(written)) keys.add(key);
      for (const step of [...written.steps, ...(written.always ?? [])])
        for (const key of Object.keys(step)) stepKeys.add(key);
      const text = printScenario(written);
      const { value, diagnostics } = readDocument(text, FILE);
      expect({ value, diagnostics }).toEqual({ value: shortened(written), diagnostics: [] });
      // JSON is YAML, too.
      const files = memoryFiles(FILE, NAMED_FILES);
      const plain = parseScenario(JSON.stringify(written), FILE, { files });
      const printed = parseScenario(text, FILE, { files });
      expect(printed.diagnostics).toEqual([]);
      expect(JSON.stringify(printed.scenario)).toBe(JSON.stringify(plain.scenario));
      expect(plain.scenario).toBeDefined();
    }),
    { numRuns: 300 },
  );
  expect([...keys].sort()).toEqual(Object.keys(ScenarioSchema.properties).sort());
  expect([...stepKeys].sort()).toEqual(Object.keys(StepSchema.properties).sort());
});

test('printing again changes nothing', () => {
  fc.assert(
    fc.property(arbitraryScenario, (written) => {
      const text = printScenario(written);
      expect(printScenario(readDocument(text, FILE).value as WrittenScenario)).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test('it reads like the files in the documentation', () => {
  const text = readFileSync(new URL('../suites/session.scenario.yaml', import.meta.url), 'utf8');
  const [, ...lines] = text.split('\n').filter((line) => !line.startsWith('# yaml-language-server'));
  const written = readDocument(text, FILE).value as WrittenScenario;
  const comments = [{ path: [], text: 'A session lives on through its refresh token, and ends when it is told to.' }];
  expect(printScenario(written, { comments }).split('\n').slice(1)).toEqual(lines);
});

test('keys come in the order of the documentation, whatever order they are given in', () => {
  const written = {
    steps: [
      {
        capture: { id: { jsonpath: '$.id' } },
        expect: { status: 201 },
        json: { title: '{{ title }}' },
        request: { method: 'POST', url: '/v1/posts' },
        name: 'writing a post',
      },
    ],
    variables: { title: 'hello' },
    service: 'shop',
    name: 'Posts',
    id: 'posts',
    version: 1,
  } as unknown as WrittenScenario;
  expect(printScenario(written, { comments: [{ path: ['steps', 0], text: 'from the old tool' }] })).toBe(`version: 1
id: posts
name: Posts
service: shop
variables:
  title: hello
steps:
  # from the old tool
  - name: writing a post
    request: POST /v1/posts
    json: { title: "{{ title }}" }
    expect: { status: 201 }
    capture:
      id: $.id
`);
});
