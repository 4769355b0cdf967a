import { expect, test } from '@jest/globals';
import { compare, render } from './verified-document.ts';
import type { Claim, Peer, Seen } from './verified-records.ts';
import { seenIn } from './verified-reporter.ts';

const ELASTICSEARCH: Peer = { backend: 'elasticsearch', against: 'real', by: 'Elasticsearch 9.4.3' };
const FILE = 'test/backends/elasticsearch.backends.test.ts';

const result = (title: string, status = 'passed', ancestorTitles: string[] = []) => {
  return { ancestorTitles, fullName: [...ancestorTitles, title].join(' '), status, title };
};
const seen = (peer: Partial<Seen>): Seen => ({ ...ELASTICSEARCH, feature: 'bulk', test: FILE, ...peer });

test('a file that speaks for all its tests has seen those that passed', () => {
  const results = [result('templates'), result('retention', 'failed'), result('bulk', 'pending')];
  expect(seenIn(FILE, results, [ELASTICSEARCH])).toEqual([seen({ feature: 'templates' })]);
});

test('a feature counts when the test that claims it has passed', () => {
  const claims: Claim[] = [
    { ...ELASTICSEARCH, feature: 'templates', test: 'group one' },
    { ...ELASTICSEARCH, feature: 'bulk', test: 'group two' },
  ];
  const results = [result('one', 'failed', ['group']), result('two', 'passed', ['group'])];
  expect(seenIn(FILE, results, claims)).toMatchObject([{ feature: 'bulk', test: FILE }]);
});

test('a contract suite among the backends ran on a stand-in, also where it says nothing', () => {
  const results = [result('what is accepted is there', 'passed', ['New Relic keeps the exporter contract'])];
  expect(seenIn('monitoring/backends/newrelic/contract.test.ts', results, [])).toMatchObject([
    { backend: 'newrelic', against: 'stand-in', feature: 'exporter contract: what is accepted is there' },
  ]);
  expect(seenIn('monitoring/backends/newrelic/split.test.ts', results, [])).toEqual([]);
});

test('a feature is listed once, on the most telling peer, whatever the order of the files', () => {
  const both = [seen({ against: 'stand-in', test: 'a.test.ts' }), seen({})];
  for (const order of [both, both.toReversed()]) {
    const rows = render(order)
      .split('\n')
      .filter((line) => line.startsWith('| bulk'));
    expect(rows).toEqual([`| bulk | Elasticsearch 9.4.3 | [elasticsearch.backends](../${FILE}) |`]);
  }
});

test('an emulator and a stand-in are called so, and a packager leaves no mark on a version', () => {
  const document = render([
    seen({ feature: 'a', against: 'emulator', by: 'moto 5.1.22' }),
    seen({ feature: 'b', against: 'stand-in' }),
    seen({ feature: 'c|d', by: 'InfluxDB 1.6.7~rc0 behind Telegraf 1.37.2' }),
  ]);
  expect(document).toContain('| a | moto 5.1.22 (emulator) |');
  expect(document).toContain('| b | stand-in |');
  expect(document).toContain('| c\\|d | InfluxDB 1.6.7 behind Telegraf 1.37.2 |');
});

test('what the document says beyond the run, and what it leaves out, is found', () => {
  const [less, more] = [render([seen({})]), render([seen({}), seen({ feature: 'templates' })])];
  expect(compare(less, less)).toEqual([]);
  expect(compare(more, less)).toEqual([expect.stringContaining('said, and not seen: | templates')]);
  expect(compare(less, more)).toEqual([expect.stringContaining('seen, and not said: | templates')]);
});
