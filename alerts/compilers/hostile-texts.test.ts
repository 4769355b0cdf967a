import { expect, test } from '@jest/globals';
import { compilePolicies } from './compile.ts';
import { loadCompilers } from './registry.ts';
import { contextOf, policyOf, rule, sourceOf } from './testing/rules.ts';

const compilers = await loadCompilers();
const requests = { of: { requests: { service: 'api' }, window: '5m' }, is: { gt: 5 } };

function filesOf(target: string, written: Record<string, unknown>, common: Parameters<typeof rule>[2]) {
  const compiler = compilers.get(target)!;
  const policy = policyOf('hostile', [rule('noisy', { threshold: written }, common)]);
  const { files, refusals } = compilePolicies([sourceOf(policy)], compiler, contextOf(compiler), true);
  expect(refusals).toEqual([]);
  return files.map(({ content }) => content).join('\n');
}

test.each(['elasticsearch', 'kibana'])('%s: words of a summary begin no tag of Mustache', (target) => {
  const text = filesOf(target, requests, { summary: 'a {{{ value }}} b {{#toJson}ctx{{/toJson} "c"' });
  expect(text).not.toMatch(/\{\{\{|\{\{#toJson\}ctx/);
  expect(text).toContain('\\u007b');
});

test('kibana: a service is text, not a variable', () => {
  expect(filesOf('kibana', requests, { service: '{{rule.params}} "x' })).not.toContain('{{rule.params}}');
});

test('kapacitor: the tag that tells groups apart stays within its quotes', () => {
  const of = { metric: 'queue.depth', aggregate: 'max', window: '5m', by: 'a" }}{{ .Fields }}\n' };
  const text = filesOf('kapacitor', { of, is: { gt: 5 } }, { runbook: 'https://x.example/{{ .Fields }}' });
  expect(text).toContain(String.raw`{{ index .Tags "a\" }}{{ .Fields }}\n" }}`);
  expect(text).toContain('runbook: https://x.example/{{ "{{" }} .Fields }}');
});

test.each(['prometheus', 'grafana'])('%s: labels, runbooks and words are text, not templates', (target) => {
  const text = filesOf(target, requests, {
    service: '{{ query "up" }}',
    environment: '{{ .Evil }}',
    labels: { team: '{{ .Evil }}' },
    runbook: 'https://x.example/{{ .Evil }}',
    summary: 'is {{{ value }}} and {{ .Evil{ }}',
  });
  expect(text).not.toMatch(/\{\{ (?:query|\.Evil)/);
  // Three braces in a row would be read as two and a stray one.
  expect(text.replaceAll(/"\{+"|\\"\{+\\"/g, '')).not.toContain('{{{');
});
