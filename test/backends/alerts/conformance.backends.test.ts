import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { compilePolicies } from '../../../alerts/compilers/compile.ts';
import { loadCompilers } from '../../../alerts/compilers/registry.ts';
import { contextOf } from '../../../alerts/compilers/testing/rules.ts';
import { parsePolicy } from '../../../alerts/policies/parse.ts';
import { isScenarioRule, type Policy } from '../../../alerts/policies/policy.ts';
import { RuleBench } from '../../../alerts/rules/testing/bench.ts';
import { systemClock } from '../../../core/clock.ts';
import { readDocument } from '../../../core/document/index.ts';
import { createPrometheus } from '../../../monitoring/backends/prometheus/index.ts';
import { createTick } from '../../../monitoring/backends/tick/index.ts';
import type { SpoolRecord } from '../../../monitoring/exporter.ts';
import {
  batchOf,
  type MetricSeed,
  metricsRecord,
  type SpanSeed,
  spansRecord,
} from '../../../monitoring/testing/payloads.ts';
import { startAlertmanager } from '../servers/alertmanager.ts';
import { startInfluxdb } from '../servers/influxdb.ts';
import { startKapacitor } from '../servers/kapacitor.ts';
import { startPrometheus } from '../servers/prometheus.ts';
import { freePort } from '../servers/server.ts';
import { verified } from '../verified.ts';
import { RECORDS } from '../verified-records.ts';
import { MetricsPage, Receiver } from './service.ts';
import { apart, type Change, inWords, type Told, tableOf } from './side-by-side.ts';
import { LASTS_S, type Reported, TRACES } from './traces.ts';

/** How often all three evaluate. */
const EVERY_MS = 2_000;
/** Between reports, and between scrapes. */
const STEP_MS = 250;
/**
 * One evaluation interval, because the three do not evaluate at the same moments; and what passes between a report and its
 * being seen: a step, and a scrape.
 */
const TOLERANCE_S = (EVERY_MS + 2 * STEP_MS) / 1_000;
const SCRAPED_BEFORE_MS = 16_000;
const forever = new AbortController().signal;

const metricOf = (name: string) => `trace.${name}`;
const START_MS = Date.now();

function policyOfTraces(): { policy: Policy; text: string } {
  const rules = TRACES.map(
    ({ name, rule }) =>
      `  - { id: ${name}, ${rule.replace('metric: M', `metric: ${metricOf(name)}`).replaceAll('service: S', `service: ${name}`)} }`,
  );
  const text = `version: 1\nid: traces\npriority: P2\nrules:\n${rules.join('\n')}\nescalation:\n  - { after: 0s, notify: [all] }\n`;
  const { policy, diagnostics } = parsePolicy(text, 'traces.policy.yaml', {});
  if (!policy) throw new Error(JSON.stringify(diagnostics));
  const faster = policy.rules.map((rule) => (isScenarioRule(rule) ? rule : { ...rule, every_ms: EVERY_MS }));
  return { policy: { ...policy, rules: faster }, text };
}

/** What the traces report, to everybody who listens, at the moment it happens. */
class Reporting {
  readonly #totals = new Map<string, { value: number; startNs: bigint }>();
  readonly #recorded: (at: number, trace: string, reported: Reported, growth: number) => void;
  #position = 0;
  #span = 0;

  constructor(recorded: (at: number, trace: string, reported: Reported, growth: number) => void) {
    this.#recorded = recorded;
  }

  /** @param seconds since the begin. @param now wall-clock milliseconds of that moment */
  step(seconds: number, now: number, page: MetricsPage): { metrics: SpoolRecord | null; requests: SpoolRecord[] } {
    const points: MetricSeed[] = [];
    const spans = new Map<string, SpanSeed[]>();
    page.series.clear();
    for (const { name, at, late = 0 } of TRACES) {
      if (seconds < late) continue;
      const happened = now - late * 1_000;
      const timeNs = BigInt(happened) * 1_000_000n;
      const shown = `trace_${name.replaceAll('-', '_')}`;
      for (const reported of at(seconds - late)) {
        if ('gauge' in reported) {
          const attributes = reported.labels ?? {};
          points.push({ name: metricOf(name), type: 'gauge', value: reported.gauge, timeNs, attributes });
          const labels = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
          page.series.set(`${shown}{${labels.join(',')}}`, reported.gauge);
          this.#recorded(now, name, reported, 0);
        } else if ('added' in reported) {
          const total = this.#totals.get(name);
          const begins = !total || reported.restarts;
          const next = { value: (begins ? 0 : total.value) + reported.added, startNs: begins ? timeNs : total.startNs };
          this.#totals.set(name, next);
          points.push({ name: metricOf(name), type: 'sum', temporality: 'cumulative', unit: '1', ...next, timeNs });
          page.series.set(`${shown}_total`, next.value);
          // The first total that is seen tells no growth.
          this.#recorded(now, name, reported, total ? reported.added : 0);
        } else {
          const { status, duration_ms } = reported.request;
          this.#span++;
          const id = this.#span.toString(16).padStart(16, '0');
          const ended = { traceId: id + id, spanId: id, startNs: timeNs, durationNs: BigInt(duration_ms) * 1_000_000n };
          const attributes = { 'http.request.method': 'GET', 'http.route': '/x', 'http.response.status_code': status };
          spans.set(name, [...(spans.get(name) ?? []), { ...ended, attributes }]);
          this.#recorded(now, name, reported, 0);
        }
      }
    }
    const placed = () => {
      this.#position += 10_000;
      return { position: this.#position, receivedAt: now };
    };
    return {
      metrics: points.length > 0 ? metricsRecord(placed(), points, { 'service.name': 'traces' }) : null,
      requests: [...spans].map(([service, list]) => spansRecord(placed(), list, { 'service.name': service })),
    };
  }
}

function told(changes: Iterable<[rule: string, Change]>): Told {
  const map = new Map<string, Change[]>();
  for (const [rule, change] of changes) map.set(rule, [...(map.get(rule) ?? []), change]);
  // A system may repeat itself.
  return new Map(
    [...map].map(([rule, list]) => {
      const state = new Map<string, boolean>();
      const sorted = list.sort((a, b) => a.at - b.at);
      return [
        rule,
        sorted.filter(
          ({ instance, fires }) => (state.get(instance) ?? false) !== fires && Boolean(state.set(instance, fires)),
        ),
      ];
    }),
  );
}

test('twenty recorded traces: our evaluator, Kapacitor and Prometheus with Alertmanager fire and end together', async () => {
  const { policy, text } = policyOfTraces();
  const compilers = await loadCompilers();
  const receiver = new Receiver();
  await receiver.listen();
  const compiled = (target: string) => {
    const compiler = compilers.get(target)!;
    const metrics = new Map([[metricOf('counter-reset'), { type: 'counter', unit: '1' } as const]]);
    const context = { ...contextOf(compiler), inboundUrl: `${receiver.url}/${target}`, metrics };
    const made = compilePolicies(
      [{ policy, document: readDocument(text, 'traces.policy.yaml') }],
      compiler,
      context,
      true,
    );
    expect(made.refusals).toEqual([]);
    return made.files;
  };
  const [forKapacitor, forPrometheus] = [compiled('kapacitor'), compiled('prometheus')];
  const file = (path: string) => forPrometheus.find((one) => one.path === path)!.content;

  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const page = new MetricsPage();
  const pageAddress = await page.listen();
  const requestsAddress = `127.0.0.1:${await freePort()}`;
  const influxdb = await startInfluxdb();
  const tick = createTick(
    { name: 'tick', type: 'tick', dataDir: join(folder, 'tick'), url: influxdb.url },
    systemClock,
  ).exporter;
  const prometheusBackend = createPrometheus(
    { name: 'prometheus', type: 'prometheus', dataDir: join(folder, 'prometheus'), listen: requestsAddress },
    systemClock,
  ).exporter;
  await tick.start();
  await prometheusBackend.start();
  const named = (kind: string, ending: string) =>
    Object.fromEntries(
      forKapacitor
        .filter(({ path }) => path.startsWith(`load/${kind}/`))
        .map(({ path, content }) => [path.slice(`load/${kind}/`.length, -ending.length), content]),
    );
  const kapacitor = await startKapacitor({
    influxdbUrl: influxdb.url,
    tasks: named('tasks', '.tick'),
    handlers: named('handlers', '.yaml'),
  });
  const alertmanager = await startAlertmanager({ config: file('alertmanager.yml') });
  const prometheus = await startPrometheus({
    config: JSON.stringify({
      global: { scrape_interval: `${STEP_MS}ms`, scrape_timeout: `${STEP_MS}ms`, evaluation_interval: `${EVERY_MS}ms` },
      rule_files: ['ringdown.rules.yml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
      scrape_configs: [
        { job_name: 'traces', static_configs: [{ targets: [pageAddress] }] },
        { job_name: 'ringdown', honor_labels: true, static_configs: [{ targets: [requestsAddress] }] },
      ],
    }),
    files: { 'ringdown.rules.yml': file('ringdown.rules.yml') },
  });

  const bench = new RuleBench([policy]);
  const benchStart = bench.clock.now();
  let begin = 0;
  const series = new Map<string, { samples: (readonly [number, number])[] }>();
  const sampled = (
    trace: string,
    labels: Record<string, string>,
    of: 'metric' | 'requests',
    unit: string,
    at: number,
    value: number,
  ) => {
    const key = JSON.stringify([trace, labels]);
    if (!series.has(key)) series.set(key, bench.source.add({ of, labels, unit, samples: [] }));
    series.get(key)!.samples.push([benchStart + at - begin, value]);
  };
  const reporting = new Reporting((at, trace, reported, growth) => {
    if ('request' in reported) {
      const { status, duration_ms } = reported.request;
      const labels = { service: trace, 'http.route': '/x', status: `${Math.floor(status / 100)}xx` };
      sampled(trace, labels, 'requests', 'ms', at, duration_ms);
    } else if ('gauge' in reported) {
      sampled(trace, { metric: metricOf(trace), ...reported.labels }, 'metric', '', at, reported.gauge);
    } else sampled(trace, { metric: metricOf(trace) }, 'metric', '1', at, growth);
  });

  try {
    // A counter that is born counts only where its target was scraped before.
    await wait(SCRAPED_BEFORE_MS);
    begin = Math.ceil((Date.now() + 500) / EVERY_MS) * EVERY_MS;
    const sending: Promise<unknown>[] = [];
    for (let step = 0; step * STEP_MS < LASTS_S * 1_000; step++) {
      const due = begin + step * STEP_MS;
      await wait(Math.max(0, due - Date.now()));
      const { metrics, requests } = reporting.step((step * STEP_MS) / 1_000, due, page);
      sending.push(tick.export(batchOf(...(metrics ? [metrics] : []), ...requests), forever));
      if (requests.length > 0) sending.push(prometheusBackend.export(batchOf(...requests), forever));
    }
    await Promise.all(sending);
    await wait(EVERY_MS + 1_500);
  } finally {
    await tick.shutdown(forever);
    await prometheusBackend.shutdown(forever);
    await Promise.all([kapacitor.stop(), influxdb.stop(), prometheus.stop(), alertmanager.stop()]);
    page.close();
    receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
  await bench.run(LASTS_S * 1_000);
  await bench.stop();

  const seconds = (time: string) => (Date.parse(time) - begin) / 1_000;
  const within = ([, { at }]: [string, Change]) => at <= LASTS_S;
  const ours = told(
    bench.observations.map(({ rule, labels, status, at }): [string, Change] => {
      const instance = labels.shop ?? labels['http.route'] ?? '';
      return [rule!, { instance, fires: status !== 'passed', at: (Date.parse(at) - benchStart) / 1_000 }];
    }),
  );
  type KapacitorEvent = { id: string; level: string; time: string };
  const byKapacitor = told(
    receiver.posted
      .filter(({ path }) => path === '/kapacitor')
      .map(({ body }): [string, Change] => {
        const { id, level, time } = body as KapacitorEvent;
        const [, rule, ...group] = id.split('/');
        return [rule!, { instance: group.join('/'), fires: level !== 'OK', at: seconds(time) }];
      })
      .filter(within),
  );
  type AlertmanagerAlert = { status: string; labels: Record<string, string>; startsAt: string; endsAt: string };
  const byPrometheus = told(
    receiver.posted
      .filter(({ path }) => path === '/prometheus')
      .flatMap(({ body }) => (body as { alerts: AlertmanagerAlert[] }).alerts)
      .flatMap(({ status, labels, startsAt, endsAt }): [string, Change][] => {
        const instance = labels.shop ?? labels.http_route ?? '';
        const fired: [string, Change] = [labels.ringdown_rule!, { instance, fires: true, at: seconds(startsAt) }];
        return status === 'resolved'
          ? [fired, [labels.ringdown_rule!, { instance, fires: false, at: seconds(endsAt) }]]
          : [fired];
      })
      .filter(within),
  );
  expect(new Set(receiver.posted.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer RINGDOWN_INBOUND_TOKEN']),
  );

  const rows = TRACES.map(({ name, says }) => {
    const mine = ours.get(name) ?? [];
    const [kap, prom] = [byKapacitor.get(name) ?? [], byPrometheus.get(name) ?? []];
    return { name, says, mine, kap, prom, kapApart: apart(mine, kap), promApart: apart(mine, prom) };
  });
  const shown = (value: number | null) => (value === null ? 'differs' : value.toFixed(1));
  const table = tableOf([
    ['trace', 'what happens', 'Ringdown', 'Kapacitor', 'Prometheus', 'apart (s)'],
    ...rows.map(({ name, says, mine, kap, prom, kapApart, promApart }) => [
      name,
      says,
      inWords(mine),
      inWords(kap),
      inWords(prom),
      `${shown(kapApart)} / ${shown(promApart)}`,
    ]),
  ]);
  const made = `Kapacitor ${kapacitor.version}, Prometheus ${prometheus.version} with Alertmanager ${alertmanager.version}; evaluated every ${EVERY_MS / 1_000} s, reported and scraped every ${STEP_MS} ms; ${Math.round((Date.now() - START_MS) / 1_000)} s in all`;
  process.stdout.write(`\n${made}\n${table}\n`);
  mkdirSync(RECORDS, { recursive: true });
  writeFileSync(join(RECORDS, '../conformance.md'), `${made}\n\n${table}\n`);

  const count = (changes: readonly Change[], fires: boolean) =>
    changes.filter((change) => change.fires === fires).length;
  for (const { name, fires, ends } of TRACES) {
    expect([name, count(ours.get(name) ?? [], true), count(ours.get(name) ?? [], false)]).toEqual([name, fires, ends]);
  }
  const different = rows.filter(
    ({ kapApart, promApart }) => kapApart === null || promApart === null || Math.max(kapApart, promApart) > TOLERANCE_S,
  );
  expect(different.map(({ name, kapApart, promApart }) => [name, kapApart, promApart])).toEqual([]);
  for (const [backend, by] of [
    ['kapacitor', `Kapacitor ${kapacitor.version}`],
    ['prometheus', `Prometheus ${prometheus.version} with Alertmanager ${alertmanager.version}`],
  ] as const) {
    verified({
      backend,
      feature: 'compiled alert rules fire and end with Ringdown’s own, on twenty recorded traces',
      against: 'real',
      by,
    });
  }
}, 300_000);
