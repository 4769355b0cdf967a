import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { driftBetween } from '../../../alerts/compilers/drift.ts';
import { backend } from '../../../monitoring/backends/elasticsearch/index.ts';
import { batchOf, logsRecord, spansRecord } from '../../../monitoring/testing/payloads.ts';
import { installAlertmanager, installPromtool } from '../install/prometheus.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startInfluxdb } from '../servers/influxdb.ts';
import { startKapacitor } from '../servers/kapacitor.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { verified } from '../verified.ts';
import { compiledRules, deployedAt } from './compiled.ts';

const forever = new AbortController().signal;

test('Prometheus takes the compiled rules, promtool and amtool find nothing wrong, and check finds them as they are', async () => {
  const compiled = await compiledRules('prometheus');
  const content = (path: string) => compiled.files.find((file) => file.path === path)!.content;
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    for (const { path, content: text } of compiled.files) writeFileSync(join(folder, path), text);
    const promtool = await installPromtool();
    expect(
      execFileSync(promtool, ['check', 'rules', join(folder, 'ringdown.rules.yml')], { encoding: 'utf8' }),
    ).toContain('SUCCESS');
    const amtool = join(dirname(await installAlertmanager()), 'amtool');
    expect(execFileSync(amtool, ['check-config', join(folder, 'alertmanager.yml')], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
    writeFileSync(join(folder, 'rules.test.yml'), UNIT_TEST);
    expect(execFileSync(promtool, ['test', 'rules', join(folder, 'rules.test.yml')], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const start = async (rules: string) =>
    await startPrometheus({
      config: JSON.stringify({ rule_files: ['ringdown.rules.yml'], global: {} }),
      files: { 'ringdown.rules.yml': rules },
    });
  const server = await start(content('ringdown.rules.yml'));
  try {
    expect(driftBetween(compiled.items, await deployedAt(compiled, server.url))).toEqual([]);
    // Somebody lowers a limit on the machine itself, and takes a rule away.
    const altered = content('ringdown.rules.yml')
      .replace('ringdown:usual:many:value >= 10', 'ringdown:usual:many:value >= 5')
      .replace(/\n {6}# usual\/few[\s\S]*?(?=\n {6}# )/, '');
    writeFileSync(join(server.folder, 'ringdown.rules.yml'), altered);
    await fetch(`${server.url}/-/reload`, { method: 'POST' });
    const drifts = driftBetween(compiled.items, await deployedAt(compiled, server.url));
    expect(drifts.map(({ id, kind, aspects }) => [id, kind, aspects.map(({ aspect }) => aspect)])).toEqual([
      ['rule usual/many', 'changed', ['expression']],
      ['record ringdown:usual:few:value', 'missing', []],
      ['rule usual/few', 'missing', []],
    ]);
    verified({
      backend: 'prometheus',
      feature: 'alerts check finds compiled rules as they are, and what was changed or taken away',
      against: 'real',
      by: `Prometheus ${server.version}`,
    });
  } finally {
    await server.stop();
  }
}, 300_000);

test('Kapacitor runs every compiled task without an error, and check tells what was switched off or changed', async () => {
  const compiled = await compiledRules('kapacitor');
  const named = (kind: string, ending: string) =>
    Object.fromEntries(
      compiled.files
        .filter(({ path }) => path.startsWith(`load/${kind}/`))
        .map(({ path, content }) => [path.slice(`load/${kind}/`.length, -ending.length), content]),
    );
  const influxdb = await startInfluxdb();
  await fetch(`${influxdb.url}/query`, {
    method: 'POST',
    body: new URLSearchParams({ q: 'CREATE DATABASE ringdown WITH DURATION 1d NAME ringdown' }),
  });
  const server = await startKapacitor({
    influxdbUrl: influxdb.url,
    tasks: named('tasks', '.tick'),
    handlers: named('handlers', '.yaml'),
  });
  try {
    type Tasks = { tasks: { error: string; executing: boolean }[] };
    let tasks: Tasks['tasks'] = [];
    // It answers before it has read its files, and lists a task before it runs it.
    const settled = () =>
      tasks.length >= compiled.files.length - 1 && tasks.every(({ error, executing }) => error !== '' || executing);
    for (const end = Date.now() + 60_000; !settled() && Date.now() < end; await wait(200)) {
      const answer = await fetch(`${server.url}/kapacitor/v1/tasks?fields=error&fields=executing&limit=10000`);
      tasks = ((await answer.json()) as Tasks).tasks;
    }
    expect(tasks.length).toBe(compiled.files.length - 1);
    while ((await deployedAt(compiled, server.url)).length < compiled.items.length) await wait(200);
    expect(tasks.filter(({ error, executing }) => error !== '' || !executing)).toEqual([]);
    expect(driftBetween(compiled.items, await deployedAt(compiled, server.url))).toEqual([]);
    const patch = async (id: string, body: object) =>
      await fetch(`${server.url}/kapacitor/v1/tasks/ringdown-usual-${id}`, {
        method: 'PATCH',
        body: JSON.stringify(body),
      });
    await patch('many', { status: 'disabled' });
    await patch('few', { script: named('tasks', '.tick')['ringdown-usual-few']!.replace('< 10.0', '< 1.0') });
    const drifts = driftBetween(compiled.items, await deployedAt(compiled, server.url));
    expect(drifts.map(({ id, kind, aspects }) => [id, kind, aspects.map(({ aspect }) => aspect)])).toEqual([
      ['task ringdown-usual-many', 'changed', ['status']],
      ['task ringdown-usual-few', 'changed', ['script']],
    ]);
    verified({
      backend: 'kapacitor',
      feature: 'compiled tasks run, and alerts check finds what was switched off or changed',
      against: 'real',
      by: `Kapacitor ${server.version}`,
    });
  } finally {
    await server.stop();
    await influxdb.stop();
  }
}, 300_000);

test('Elasticsearch answers the searches of the compiled watches, and Painless sorts the answers', async () => {
  const compiled = await compiledRules('elasticsearch');
  const server = await startElasticsearch();
  const { exporter } = backend.create({ name: 'elk', type: 'elasticsearch', dataDir: server.folder, url: server.url });
  try {
    await exporter.start();
    const now = BigInt(Date.now()) * 1_000_000n;
    const spans = Array.from({ length: 40 }, (_, index) => ({
      traceId: 'a'.repeat(32),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      startNs: now,
      durationNs: 900_000_000n,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/x',
        'http.response.status_code': index < 12 ? 503 : 200,
      },
    }));
    const logs = Array.from({ length: 11 }, () => ({ timeNs: now, severityNumber: 17, body: `I CAN'T "do" it\\ now` }));
    const resource = (service: string) => ({ 'service.name': service, 'deployment.environment.name': 'live' });
    await exporter.export(
      batchOf(spansRecord({ position: 1, receivedAt: Date.now() }, spans, resource('api'))),
      forever,
    );
    await exporter.export(
      batchOf(logsRecord({ position: 20_000, receivedAt: Date.now() }, logs, resource('billing'))),
      forever,
    );
    await fetch(`${server.url}/_refresh`, { method: 'POST' });
    await wait(200);
    type Body = {
      input: { search: { request: { indices: string[]; body: object } } };
      transform: { script: { source: string } };
    };
    const sorted: Record<string, { firing: string[]; well: string[] }> = {};
    const ask = async (path: string, body: object) => {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${text.slice(0, 600)}`);
      return JSON.parse(text);
    };
    for (const { path, content } of compiled.files) {
      const watch = JSON.parse(content) as Body;
      const { indices, body } = watch.input.search.request;
      const answer = await ask(`/${indices.join()}/_search?ignore_unavailable=true&allow_no_indices=true`, body);
      // Watcher is not in this distribution: its language is, and gets the answer as a parameter.
      const source = watch.transform.script.source
        .replaceAll('ctx.', 'params.ctx.')
        .replaceAll(
          "return ['firing': firing, 'well': well];",
          "String said = ''; for (def f : firing) { said += 'F' + f.key + ';'; } for (def w : well) { said += 'W' + w.key + ';'; } return said;",
        );
      const { result } = (await ask('/_scripts/painless/_execute', {
        script: { source, params: { ctx: { payload: { aggregations: answer.aggregations ?? null } } } },
      })) as { result: string };
      const of = (mark: string) => [...result.matchAll(new RegExp(`${mark}([^;]*);`, 'g'))].map(([, key]) => key!);
      sorted[path.replace(/^watches\/ringdown-usual-|\.json$/g, '')] = { firing: of('F'), well: of('W') };
    }
    const fires = (key = '') => ({ firing: [key], well: [] });
    const isWell = (key = '') => ({ firing: [], well: [key] });
    const nothing = { firing: [], well: [] };
    expect(sorted).toEqual({
      slow: fires(),
      'slow-route': fires('/x'),
      'slow-combination': fires('api|/x'),
      // No points at all, and `no_data: ok`.
      depth: isWell(),
      many: fires(),
      few: isWell(),
      logs: fires(),
      share: fires(),
      surge: fires(),
      silent: isWell(),
      budget: fires(),
      runs: nothing,
      ledger: nothing,
      'scenarios-14': nothing,
    });
    verified({
      backend: 'elasticsearch',
      feature: 'searches and scripts of compiled watches tell what fires (without Watcher itself)',
      against: 'real',
      by: `Elasticsearch ${server.version}`,
    });
  } finally {
    await exporter.shutdown(forever);
    await server.stop();
  }
}, 600_000);

/** A service's very first errors count, though `increase` would leave them out; without data what fires goes on. */
const UNIT_TEST = `
rule_files: [ringdown.rules.yml]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - { series: 'up{job="ringdown",instance="a"}', values: '1x80' }
      - series: 'ringdown_request_duration_seconds_count{job="ringdown",instance="a",service_name="api",synthetic="false",status_class="5xx"}'
        values: '_x60 12x20'
      - series: 'ringdown_request_duration_seconds_count{job="ringdown",instance="a",service_name="api",synthetic="false",status_class="2xx"}'
        values: '0+10x80'
    alert_rule_test:
      - { eval_time: 14m, alertname: usual/many, exp_alerts: [] }
      - eval_time: 16m
        alertname: usual/many
        exp_alerts:
          - exp_labels: { ringdown_policy: usual, ringdown_rule: many, severity: P1, service: api, environment: live, team: 'a\${b}"$c' }
            exp_annotations: { summary: 'number of error requests within 5 min is 12, at least 10', runbook_url: 'https://wiki.example.com/many' }
  - interval: 15s
    input_series:
      - { series: 'ringdown_backend_lag_seconds{backend="elk"}', values: '400x20 _x40 400x4 10x10' }
    promql_expr_test:
      - expr: count(ALERTS{alertname="usual/ledger",alertstate="firing"})
        eval_time: 12m
        exp_samples: [{ labels: '{}', value: 1 }]
      - { expr: 'count(ALERTS{alertname="usual/ledger",alertstate="firing"})', eval_time: 18m, exp_samples: [] }
`;
