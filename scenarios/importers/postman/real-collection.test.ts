import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { type EchoService, startEchoService } from '../testing/echo-service.ts';
import { importText } from '../testing/import-text.ts';
import { failures, runImported } from '../testing/run-imported.ts';
import { importer } from './index.ts';

let service: EchoService | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

/** Postman's own collection "Postman Echo", as the package postman-combine-collections (Apache-2.0) ships it. */
const collection = readFileSync(
  new URL(
    '../../../node_modules/postman-combine-collections/samples/Postman Echo.postman_collection.json',
    import.meta.url,
  ),
  'utf8',
);

test('the collection of Postman Echo is imported with its tests, runs and passes', async () => {
  const imported = importText(importer, collection, { name: 'echo.json' });
  if ('refused' in imported) throw new Error(imported.refused);
  const [scenario] = imported.scenarios;
  expect(scenario!.steps).toBe(23);
  expect(imported.omissions.map(({ item, what }) => `${item}: ${what}`)).toEqual([
    "DigestAuth Request: script line 12: postman.setGlobalVariable('echo_digest_realm', realm);",
    "DigestAuth Request: script line 13: postman.setGlobalVariable('echo_digest_nonce', nonce);",
    'Hawk Auth: auth hawk',
  ]);
  service = await startEchoService();
  const { url } = service;
  // The collection asks two hosts; both are the stand-in here.
  const here = (text: string) => text.replaceAll('https://postman-echo.com', url);
  const results = await runImported(imported, url, {}, { change: here });
  expect(failures(results)).toEqual([]);
  expect(results.map(({ status }) => status)).toEqual(['passed']);
});

test('what the tests of the collection demand is demanded', async () => {
  const broken = collection.replaceAll('/cookies/set?foo1=bar1&foo2=bar', '/cookies').replaceAll('"boom"', '"bang"');
  const imported = importText(importer, broken, { name: 'echo.json' });
  if ('refused' in imported) throw new Error(imported.refused);
  service = await startEchoService();
  const results = await runImported(imported, service.url);
  expect(failures(results)[0]).toContain('Set Cookies: failed: $.cookies.foo1');
});
