import { availableParallelism, loadavg } from 'node:os';
import { type Crowd, crowd } from '../../test/support/crowd.ts';
import { type Storm, storm } from '../../test/support/storm.ts';
import { quantiles } from '../schedule/quantiles.ts';
import type { Report, Suite, SuiteOptions } from '../suite.ts';

const TARGET_MS = 1_000;
const LIMIT = 120;

/** Whether pages keep their promises when everything fails at once, and how soon one is there when a crowd is watched. */
export const suite: Suite = {
  title: 'Alerts: ten thousand incidents in a minute, and a page among a thousand monitors',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const order = quick
      ? { alerts: 1_500, criticalEvery: 100, durationMs: 9_000, afterMs: 3_000 }
      : { alerts: 10_000, criticalEvery: 160, durationMs: 60_000, afterMs: 5_000 };
    progress(`${order.alerts} alerts in ${order.durationMs / 1_000} s`);
    const stormed = await storm(order);
    const watched = quick
      ? { monitors: 300, everyMs: 15_000, failing: 30 }
      : { monitors: 1_000, everyMs: 60_000, failing: 200 };
    progress(
      `${watched.monitors} monitors every ${watched.everyMs / 1_000} s, ${watched.failing} of which begin to fail`,
    );
    const seen = await crowd(watched);
    return {
      method: [
        `Storm: ${order.alerts.toLocaleString('en')} alerts over HTTP (\`POST /api/v1/inbound/{name}\`) within ${order.durationMs / 1_000} s into a real watcher, each an incident of its own, one in ${order.criticalEvery} of them P1. Its one channel is a stand-in for PagerDuty on loopback that takes ${LIMIT} events in any 60 s and refuses more with 429. Time to accept counts from the request that brought the alert.`,
        `Crowd: a real watcher with ${watched.monitors.toLocaleString('en')} monitors every ${watched.everyMs / 1_000} s, each of a service of its own; ${watched.failing} services break at one moment, and each page is timed from the end of the run that confirmed the failure (after its own retry) to its arrival at a webhook receiver. The wait for evidence, at most 300 ms, is part of it.`,
        'Everything shares the machine: watcher, relay, service, receiver and what sends the alerts.',
      ],
      versions: { node: process.versions.node },
      table: { columns: ['what', 'figure'], rows: [...stormRows(stormed), ...crowdRows(seen)] },
      findings: findings(stormed, seen),
    };
  },
};

const ms = (value: number) => `${Math.round(value).toLocaleString('en')} ms`;
const count = (value: number) => value.toLocaleString('en');

function stormRows(stormed: Storm): string[][] {
  const critical = quantiles(stormed.criticalMs);
  const answers = quantiles(stormed.answerMs);
  return [
    ['storm: alerts taken, incidents open', `${count(stormed.taken)}, ${count(stormed.open)}`],
    [
      'storm: most events in any 60 s, refused for the limit',
      `${stormed.pager.mostInAMinute}, ${stormed.pager.violations}`,
    ],
    ['storm: P1 accepted by the channel', `${stormed.criticalMs.length} of ${stormed.critical}`],
    ['storm: P1 accepted after, p50 / p99', `${ms(critical.p50)} / ${ms(critical.p99)}`],
    ['storm: others accepted meanwhile', count(stormed.others)],
    ['storm: incidents told of twice', count(stormed.twice)],
    ['storm: a batch of alerts answered after, p50 / p99', `${ms(answers.p50)} / ${ms(answers.p99)}`],
    ['storm: RSS before, peak', `${Math.round(stormed.rssBefore)} MB, ${Math.round(stormed.rssPeak)} MB`],
    ['storm: CPU of the watcher, its start included', `${stormed.cpuSeconds.toFixed(0)} s`],
  ];
}

function crowdRows(seen: Crowd): string[][] {
  const pages = quantiles(seen.pageMs);
  return [
    ['crowd: pages for failing monitors', `${seen.pages} of ${seen.failing}`],
    ['crowd: confirmed → accepted, p50 / p99 / max', `${ms(pages.p50)} / ${ms(pages.p99)} / ${ms(pages.max)}`],
  ];
}

function findings(stormed: Storm, seen: Crowd): string[] {
  const exact = stormed.taken === stormed.open && stormed.twice === 0;
  const first = stormed.criticalMs.length === stormed.critical;
  const { p99 } = quantiles(seen.pageMs);
  return [
    `Limit of ${LIMIT} events in any 60 s: ${stormed.pager.violations === 0 ? 'kept' : 'exceeded'}; counts ${exact ? 'exact' : 'wrong'}; every P1 through before the rest: ${first ? 'yes' : 'no'}.`,
    `Confirmed failure → accepted by the channel p99 ${ms(p99)}, target ≤ ${ms(TARGET_MS)}: ${p99 <= TARGET_MS ? 'met' : 'missed'}.`,
    ...(loadavg()[1]! > 2 * availableParallelism()
      ? [`The machine had other work: a load of ${loadavg()[1]!.toFixed(0)} on ${availableParallelism()} cores.`]
      : []),
    'Where it costs: what does not fit into the limit waits, the least urgent for more than an hour; it is one page for each incident, and the policy’s next steps come by their own time.',
  ];
}
