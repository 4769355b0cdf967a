import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkDocument, readDocument } from '../../core/document/index.ts';
import { channelSchema, loadChannels } from './registry.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

test('every folder is a channel of its own name', async () => {
  expect([...(await loadChannels()).keys()]).toEqual(folders);
});

test.each(folders)('%s is held to the contract of all channels', (name) => {
  const suite = `${import.meta.dirname}/${name}/${name}.test.ts`;
  expect(existsSync(suite) && readFileSync(suite, 'utf8')).toMatch(/describeNotifier\(|describe\('console/);
});

const docs = readFileSync(new URL('../../docs/channels.md', import.meta.url), 'utf8');
test.each(folders)('%s stands in the documents, with an example', (name) => {
  expect(docs).toMatch(new RegExp(`^\\| \\[\`${name}\`\\]\\(#`, 'm'));
  expect(docs).toContain(`type: ${name}`);
});

test('channels in ringdown.yaml are checked by their type', async () => {
  const schema = channelSchema(await loadChannels());
  const check = (text: string) => checkDocument(readDocument(text, 'c.yaml'), schema).map(({ message }) => message);
  expect(check('name: pager\ntype: pagerduty\nrouting_key: x')).toEqual([]);
  expect(check('name: pager\ntype: pagerduty\nrouting_kee: x').join()).toContain('unknown key "routing_kee"');
  expect(
    check('name: call\ntype: twilio-voice\naccount_sid: a\nauth_token: b\nfrom: "1"\nto: "+12025550101"').join(),
  ).toContain('a number such as');
});
