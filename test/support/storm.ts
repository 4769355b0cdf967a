import { readFileSync } from 'node:fs';
import { type PagerLog, pagerDutyPeer } from '../../alerts/testing/peers/pagerduty.ts';
import { vendorServer } from '../../alerts/testing/peers/vendor-server.ts';
import type { Incident, List } from '../../control/resources.ts';
import { Running, temporaryFolder } from './ringdown.ts';

const TOKEN = 'storm-token-0123456789';
const PER_MINUTE = 120;
const BATCHES_A_SECOND = 10;
const PAGE_OF = 200;

export interface StormOrder {
  alerts: number;
  /** One in so many is critical, the others are spread over P2 to P4. */
  criticalEvery: number;
  durationMs: number;
  /** Looks on for so long after the last alert. */
  afterMs: number;
}

export interface Storm {
  /** Alerts that the watcher took. */
  taken: number;
  /** Open incidents afterwards, by its own account. */
  open: number;
  /** Milliseconds from the request that brought a critical alert until PagerDuty took its event. */
  criticalMs: number[];
  critical: number;
  pager: PagerLog;
  /** Events of less urgent incidents that PagerDuty took. */
  others: number;
  /** Two events of one incident. */
  twice: number;
  /** Milliseconds that the watcher took to answer a batch. */
  answerMs: number[];
  /** Megabytes; 0 where the system does not tell. */
  rssBefore: number;
  rssPeak: number;
  rssAfter: number;
  /** User and system time of the watcher's process, its start included; 0 where the system does not tell. */
  cpuSeconds: number;
}

/** Thousands of alerts of another system over HTTP, into a real watcher whose one channel is a PagerDuty that takes 120 events a minute. */
export async function storm({ alerts, criticalEvery, durationMs, afterMs }: StormOrder): Promise<Storm> {
  const folder = temporaryFolder();
  const pager: PagerLog = { accepted: [], violations: 0, mostInAMinute: 0 };
  const vendor = await vendorServer(pagerDutyPeer(pager, PER_MINUTE));
  const watcher = await Running.start({
    command: 'serve',
    folder: folder.path,
    config: `version: 1
environments: { local: { base_url: "http://127.0.0.1:9" } }
scenarios: []
channels:
  - { name: pager, type: pagerduty, routing_key: R0, url: "${vendor.url}/v2/enqueue" }
inbound:
  - name: storm
    type: generic
    token: ${TOKEN}
    list: body.alerts
    map: { key: "{{ item.id }}", state: "{{ item.state }}", title: "{{ item.title }}", severity: "{{ item.severity }}", service: "{{ item.id }}", environment: production }
`,
  });
  try {
    const { pid } = watcher.ready;
    const rssBefore = memory(pid).rss;
    const sentAt = new Map<string, number>();
    const answerMs: number[] = [];
    const batches = Math.ceil((durationMs / 1_000) * BATCHES_A_SECOND);
    const severities = ['error', 'warning', 'info', 'info'];
    const began = performance.now();
    let taken = 0;
    const posts: Promise<void>[] = [];
    for (let batch = 0, next = 0; batch < batches; batch++) {
      const due = began + (batch * 1_000) / BATCHES_A_SECOND;
      if (due > performance.now())
        await new Promise((resolve) => setTimeout(resolve, Math.max(1, due - performance.now())));
      const until = Math.round(((batch + 1) / batches) * alerts);
      const items = [];
      for (; next < until; next++) {
        const critical = next % criticalEvery === criticalEvery - 1;
        const id = `${critical ? 'urgent' : 'other'}-${next}`;
        const severity = critical ? 'critical' : severities[next % severities.length];
        items.push({ id, state: 'firing', title: `service ${id} does not answer`, severity });
      }
      const at = performance.now();
      for (const { id } of items) sentAt.set(id, at);
      posts.push(
        fetch(`${watcher.ready.url}/api/v1/inbound/storm`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          body: JSON.stringify({ alerts: items }),
        }).then(async (response) => {
          answerMs.push(performance.now() - at);
          if (!response.ok) throw new Error(`a batch was refused: ${response.status} ${await response.text()}`);
          await response.body?.cancel();
          taken += items.length;
        }),
      );
    }
    await Promise.all(posts);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const { rss, peak, cpuSeconds } = memory(pid);
    const triggers = pager.accepted.filter(({ event_action }) => event_action === 'trigger');
    const critical = triggers.filter(({ severity }) => severity === 'critical');
    return {
      taken,
      open: await openIncidents(watcher),
      criticalMs: critical.map(({ component, atMs }) => atMs - sentAt.get(component!)!),
      critical: [...sentAt.keys()].filter((id) => id.startsWith('urgent')).length,
      pager,
      others: triggers.length - critical.length,
      twice: triggers.length - new Set(triggers.map(({ dedup_key }) => dedup_key)).size,
      answerMs,
      rssBefore,
      rssPeak: peak,
      rssAfter: rss,
      cpuSeconds,
    };
  } finally {
    await watcher.stop();
    await vendor.close();
    folder.remove();
  }
}

/** Walks through the list, as somebody would who trusts nobody's count. */
async function openIncidents(watcher: Running): Promise<number> {
  const ids = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path: string = `/api/v1/incidents?state=triggered&limit=${PAGE_OF}${cursor ? `&cursor=${cursor}` : ''}`;
    const page: List<Incident> = await watcher.api<List<Incident>>(path);
    for (const { id } of page.items) ids.add(id);
    cursor = page.next_cursor;
  }
  return ids.size;
}

function memory(pid: number): { rss: number; peak: number; cpuSeconds: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1_024;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    // utime and stime, in ticks of 10 ms; proc(5).
    return {
      rss: megabytes('VmRSS'),
      peak: megabytes('VmHWM'),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    };
  } catch {
    return { rss: 0, peak: 0, cpuSeconds: 0 };
  }
}
