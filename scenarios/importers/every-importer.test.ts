import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseScenario } from '../language/parse.ts';
import { memoryFiles } from '../language/source-files.ts';
import type { Importer } from './importer.ts';
import { importers } from './registry.ts';
import { documents } from './testing/documents.ts';
import { importText } from './testing/import-text.ts';

fc.configureGlobal({ seed: 20261123 });

const NODE = { $ref: '#/components/schemas/Node' };
const deep = '['.repeat(20_000) + ']'.repeat(20_000);

/** Documents of many formats at once that have no end, or next to none. */
const ENDLESS: [string, string][] = [
  [
    'a schema that refers to itself three times',
    JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'a' },
      paths: { '/': { post: { requestBody: { content: { 'application/json': { schema: NODE } } }, responses: {} } } },
      components: {
        schemas: {
          Node: { required: ['a', 'b', 'c'], properties: { a: NODE, b: NODE, c: NODE }, allOf: [NODE, NODE, NODE] },
        },
      },
    }),
  ],
  [
    'YAML that contains itself',
    'openapi: 3.0.0\npaths: &p { /: *p }\nendpoints: &e [ *e ]\ntests: { a: &t { steps: [ *t, { http: { url: http://x.example.com, json: *t } } ] } }\n',
  ],
  [
    'brackets in brackets',
    `{"openapi":"3.0.0","paths":{"/":{"post":{"requestBody":{"content":{"application/json":{"example":${deep}}}},"responses":{}}}},"log":{"entries":[${deep}]},"info":{"name":"a","schema":"v2.1.0"},"item":[{"name":"a","request":{"url":"http://a.example.com","x":${deep}}}],"tests":${deep},"endpoints":${deep},"monitorList":${deep}}`,
  ],
  ['a body that no scenario file has room for', `curl https://a.example.com -d '${'a '.repeat(1_000_000)}'`],
];

/** What every format owes: files that the parser accepts, the same ones each time, and no credential in any of them. */
describe.each(importers.map((importer) => [importer.format, importer] as const))('importing %s', (format, importer) => {
  const document = documents[format]!;
  const name = `document.${format}`;
  const read = () => {
    const imported = importText(importer, document.text, { name });
    if ('refused' in imported) throw new Error(imported.refused);
    return imported;
  };

  test('has a document that is tried here', () => {
    expect(document).toBeDefined();
    expect(importer.reads).not.toBe('');
  });

  test('makes files that the parser accepts', () => {
    const { scenarios } = read();
    expect(scenarios.length).toBeGreaterThan(0);
    for (const { text, file } of scenarios)
      expect(parseScenario(text, file, { files: memoryFiles(file, { [name]: document.text }) }).diagnostics).toEqual(
        [],
      );
  });

  test('makes the same files each time, with ids that are told apart', () => {
    const { scenarios } = read();
    expect(read().scenarios).toEqual(scenarios);
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
  });

  test('writes no credential to a file, nor to what it lists', () => {
    const { scenarios, omissions, companions } = read();
    const said = JSON.stringify([scenarios, omissions, companions]);
    for (const canary of document.canaries) expect([format, said.includes(canary)]).toEqual([format, false]);
    expect(scenarios.flatMap(({ secrets }) => secrets).length).toBeGreaterThan(0);
  });

  test('lists what it leaves out, with what to do instead', () => {
    const { omissions } = read();
    expect(omissions.length).toBeGreaterThan(0);
    for (const omission of omissions) for (const words of Object.values(omission)) expect(words).not.toBe('');
  });

  test.each(ENDLESS)('comes to an end with %s', (_, text) => accepts(importer, text));

  test('refuses or reads whatever it is given, and never throws', () => {
    for (const other of Object.values(documents)) accepts(importer, other.text);
    fc.assert(
      fc.property(damaged(document.text), (text) => accepts(importer, text)),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => accepts(importer, text)),
      { numRuns: 100 },
    );
  });
});

function accepts(importer: Importer, text: string): void {
  const imported = importText(importer, text, { name: 'damaged' });
  if ('refused' in imported) expect([imported.refused, imported.hint]).not.toContain('');
  else expect(imported.scenarios.length + imported.omissions.length).toBeGreaterThan(0);
}

/** A document with a piece taken out, doubled, or put in another place; or with one value of its JSON replaced. */
function damaged(text: string): fc.Arbitrary<string> {
  const pieces = fc.tuple(fc.nat(text.length), fc.nat(40), fc.nat(text.length)).map(([from, length, to]) => {
    const piece = text.slice(from, from + length);
    const rest = text.slice(0, from) + text.slice(from + length);
    return rest.slice(0, to) + piece + piece + rest.slice(to);
  });
  if (!/^\s*[{[]/.test(text)) return pieces;
  const values = fc
    .tuple(
      fc.nat(400),
      fc.constantFrom<unknown>(null, 7, '', 'x {{ y', [], {}, true, ['{{'], { a: { b: 1 } }, '\u0000', '\ud800'),
    )
    .map(([which, value]) => {
      let count = 0;
      return JSON.stringify(JSON.parse(text, (_, item) => (count++ === which ? value : item)));
    });
  return fc.oneof(pieces, values);
}
