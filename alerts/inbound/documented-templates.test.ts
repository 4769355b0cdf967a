import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { inbound as kibana } from './kibana/index.ts';
import { inbound as newrelic } from './newrelic/index.ts';
import { NOW, requestOf } from './testing/desk.ts';
import { inbound as watcher } from './watcher/index.ts';

/** What users paste at the vendors, rendered as the vendors do, is what the parsers read. */
const document = readFileSync(join(import.meta.dirname, '../../docs/inbound.md'), 'utf8');

function templateIn(section: string, language: string): string {
  const text = document.split(`\n## ${section}\n`)[1]!.split('\n## ', 1)[0]!;
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)![1]!;
}

const HOSTILE = 'a "quoted"\nword\\ and {{more}}';
const AT = '2026-11-23T03:04:05.000Z';
const inJson = (value: unknown) => JSON.stringify(String(value)).slice(1, -1);

/** Mustache as both of Elastic's have it for JSON: values are escaped for a JSON string. */
function mustache(template: string, values: Record<string, unknown>): string {
  return template
    .replaceAll(/\{\{#toJson\}\}([\w.]+)\{\{\/toJson\}\}/g, (_whole, path) => JSON.stringify(values[path]))
    .replaceAll(/\{\{([\w.]+)\}\}/g, (_whole, path) => inJson(values[path] ?? ''));
}

test('the actions of the watch tell of the beginning and of the end', () => {
  const watch = JSON.parse(templateIn('Elasticsearch Watcher', 'json'));
  const values = {
    'ctx.watch_id': 'errors-of-billing',
    'ctx.metadata.name': HOSTILE,
    'ctx.metadata': { ...watch.metadata, name: HOSTILE },
    'ctx.payload.hits.total': 42,
    'ctx.execution_time': AT,
  };
  for (const state of ['firing', 'resolved']) {
    const body = mustache(watch.actions[`ringdown_${state}`].webhook.body, values);
    expect(watcher.parse({ name: 'a', type: 'watcher' }, requestOf(body), NOW)).toMatchObject({
      alerts: [
        {
          key: 'errors-of-billing',
          state,
          title: HOSTILE,
          severity: 'high',
          service: 'billing',
          environment: 'production',
          at: AT,
        },
      ],
    });
  }
});

test('the body of the connector tells of an alert of a rule', () => {
  const values: Record<string, string> = {
    'rule.id': '0f8c',
    'rule.name': HOSTILE,
    'alert.id': 'billing',
    'alert.actionGroup': 'recovered',
    'context.reason': HOSTILE,
    date: AT,
  };
  const body = mustache(templateIn('Kibana', 'json'), values);
  expect(kibana.parse({ name: 'a', type: 'kibana' }, requestOf(body), NOW)).toMatchObject({
    alerts: [
      { key: '0f8c/billing', state: 'resolved', title: `${HOSTILE}: billing`, text: HOSTILE, url: null, at: AT },
    ],
  });
});

test('the template of the workflow tells of an issue', () => {
  const values: Record<string, unknown> = {
    issueId: 'e6c4',
    issuePageUrl: 'https://radar-api.service.newrelic.com/issues/e6c4',
    'annotations.title.[0]': HOSTILE,
    'accumulations.conditionDescription': ['More than 5% of requests fail'],
    priority: 'CRITICAL',
    state: 'ACTIVATED',
    createdAt: Date.parse(AT),
    updatedAt: Date.parse(AT),
    'entitiesData.names': ['billing'],
    'accumulations.tag.environment': ['production'],
    'accumulations.runbookUrl': ['https://wiki.example.com/billing'],
  };
  // Handlebars, with New Relic's own "json" helper; what is not there is null.
  const body = templateIn('New Relic', 'handlebars')
    .replaceAll(/\{\{ json ([\w.[\]]+) \}\}/g, (_whole, path) => JSON.stringify(values[path] ?? null))
    .replaceAll(/\{\{ ([\w.]+) \}\}/g, (_whole, path) => String(values[path]));
  expect(newrelic.parse({ name: 'a', type: 'newrelic' }, requestOf(body), NOW)).toMatchObject({
    alerts: [
      {
        key: 'e6c4',
        state: 'firing',
        title: HOSTILE,
        text: 'More than 5% of requests fail\nentities: billing',
        service: 'billing',
        environment: 'production',
        runbook: 'https://wiki.example.com/billing',
        at: AT,
      },
    ],
  });
});
