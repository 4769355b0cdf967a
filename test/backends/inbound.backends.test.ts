import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createReceiver, type Receiver } from '../../alerts/inbound/receiver.ts';
import { loadInboundKinds } from '../../alerts/inbound/registry.ts';
import { MemoryInboundStore } from '../../alerts/inbound/testing/memory-inbound-store.ts';
import type { Incident } from '../../alerts/incident.ts';
import { type AlertDesk, createAlertDesk } from '../../alerts/incidents/desk.ts';
import { CollectingNotifier } from '../../alerts/testing/collecting-notifier.ts';
import { MemoryAlertStore } from '../../alerts/testing/memory-store.ts';
import { controlWith } from '../../control/testing/control-with.ts';
import { systemClock } from '../../core/clock.ts';
import { startAlertmanager } from './servers/alertmanager.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import { startKapacitor } from './servers/kapacitor.ts';
import type { Server } from './servers/server.ts';

const TOKEN = 'token-of-the-real-ones';
const silent = { info() {}, warn() {}, error() {} };

let app: FastifyInstance;
let desk: AlertDesk;
let receiver: Receiver;
let pager: CollectingNotifier;
let address: string;

beforeAll(async () => {
  pager = new CollectingNotifier();
  desk = createAlertDesk({
    clock: systemClock,
    store: new MemoryAlertStore(),
    policies: [],
    channels: new Map([['pager', { notifier: pager, events: ['incident.triggered', 'incident.resolved'] }]]),
    publicUrl: 'http://127.0.0.1:4000',
    log: silent,
  });
  await desk.start();
  receiver = createReceiver({
    kinds: await loadInboundKinds(),
    sources: [
      { name: 'alertmanager', type: 'alertmanager', token: TOKEN },
      { name: 'kapacitor', type: 'kapacitor', token: TOKEN },
    ],
    observe: (observation) => desk.observe(observation),
    written: () => desk.written(),
    fails: (monitor) => desk.monitorState(monitor)?.state === 'failing',
    store: new MemoryInboundStore(),
    confirm: async () => {},
    clock: systemClock,
    log: silent,
  });
  await receiver.start();
  ({ app } = await controlWith({ inbound: receiver }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/inbound`;
});

afterAll(async () => {
  await app?.close();
  await receiver?.shutdown(AbortSignal.abort());
  await desk?.shutdown(AbortSignal.abort());
});

/** What the pager was told of incidents whose monitors have this in their key, once there is so much of it. */
async function told(about: string, count: number): Promise<{ event: string; incident: Incident }[]> {
  const relevant = () =>
    pager.accepted
      .filter(({ incident }) => incident.monitors.some((key) => key.includes(about)))
      .map(({ event, incident }) => ({ event, incident }));
  for (const end = Date.now() + 120_000; relevant().length < count; await wait(100)) {
    if (Date.now() > end)
      throw new Error(`the pager heard ${JSON.stringify(relevant())}; ${JSON.stringify(receiver.counts())}`);
  }
  return relevant();
}

const count = (source: string, outcome: string) =>
  receiver.counts().find((entry) => entry.source === source && entry.outcome === outcome)?.count ?? 0;

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !holds(); await wait(100)) {
    if (Date.now() > end) throw new Error(`it did not come to that: ${JSON.stringify(receiver.counts())}`);
  }
}

describe('the real Alertmanager', () => {
  let server: Server;

  beforeAll(async () => {
    server = await startAlertmanager({
      config: `
route: { receiver: ringdown, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1m }
receivers:
  - name: ringdown
    webhook_configs:
      - url: ${address}/alertmanager
        send_resolved: true
        max_alerts: 20
        http_config: { authorization: { type: Bearer, credentials: ${TOKEN} } }
`,
    });
  });
  afterAll(async () => await server?.stop());

  const began = new Date(Date.now() - 60_000).toISOString();
  const alert = (name: string, instance: string, endsAt?: string) => ({
    labels: { alertname: name, service: 'billing', severity: 'critical', environment: 'production', instance },
    annotations: { summary: `${name} at ${instance}`, description: '12% of requests fail' },
    startsAt: began,
    ...(endsAt ? { endsAt } : {}),
    generatorURL: 'https://prometheus.example.com/graph',
  });
  const post = async (...alerts: object[]) => {
    const answer = await fetch(`${server.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    expect(answer.status).toBe(200);
  };

  test('fires and resolves as one incident', async () => {
    await post(alert('HighErrorRate', 'web-1'));
    const [fired] = await told('inbound:alertmanager/', 1);
    expect(fired).toMatchObject({
      event: 'incident.triggered',
      incident: {
        source: 'inbound',
        priority: 'P1',
        service: 'billing',
        environment: 'production',
        labels: { alertname: 'HighErrorRate', instance: 'web-1' },
        cause: { failing_since: began, source_url: 'https://prometheus.example.com/graph' },
      },
    });
    await post(alert('HighErrorRate', 'web-1', new Date().toISOString()));
    const [, ended] = await told('inbound:alertmanager/', 2);
    expect(ended).toMatchObject({ event: 'incident.resolved', incident: { id: fired!.incident.id } });
    expect(desk.openIncidents()).toEqual([]);
  });

  test('what it repeats changes nothing, what it truncates is counted', async () => {
    const names = Array.from({ length: 25 }, (_, index) => alert('Flood', `web-${index}`));
    await post(...names);
    await until(() => count('alertmanager', 'truncated') >= 5);
    expect(desk.openIncidents()).toHaveLength(1);
    expect(desk.openIncidents()[0]!.failing_count).toBe(20);
    const accepted = count('alertmanager', 'accepted');
    // A change in the group makes it tell the whole group once more.
    await post(alert('Flood', 'web-0', new Date().toISOString()));
    await until(() => count('alertmanager', 'repeated') > 0);
    expect(count('alertmanager', 'accepted') - accepted).toBeLessThan(20);
    await post(...names.map((one) => ({ ...one, endsAt: new Date().toISOString() })));
    await until(() => desk.openIncidents().length === 0);
  });
});

describe('the real Kapacitor', () => {
  let influxdb: Server;
  let server: Server;

  beforeAll(async () => {
    influxdb = await startInfluxdb();
    server = await startKapacitor({
      influxdbUrl: influxdb.url,
      tasks: {
        cpu: `
dbrp "telegraf"."autogen"
stream
    |from().measurement('cpu').groupBy('host', 'service')
    |alert()
        .id('{{ .TaskName }}/{{ .Group }}')
        .message('{{ .ID }} is {{ .Level }}: {{ index .Fields "usage" }}%')
        .warn(lambda: "usage" > 70)
        .crit(lambda: "usage" > 90)
        .stateChangesOnly()
        .post('${address}/kapacitor')
        .header('Authorization', 'Bearer ${TOKEN}')
`,
        memory: `
dbrp "telegraf"."autogen"
stream
    |from().measurement('memory').groupBy('host')
    |alert()
        .id('memory/{{ .Group }}')
        .crit(lambda: "used" > 90)
        .topic('memory')
`,
      },
      config: `
[[httppost]]
  endpoint = "ringdown"
  url = "${address}/kapacitor"
  basic-auth = { username = "kapacitor", password = "${TOKEN}" }
`,
      handlers: { ringdown: 'id: ringdown\ntopic: memory\nkind: post\noptions:\n  endpoint: ringdown\n' },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await influxdb?.stop();
  });

  async function write(line: string): Promise<void> {
    const answer = await fetch(`${server.url}/kapacitor/v1/write?db=telegraf&rp=autogen`, {
      method: 'POST',
      body: `${line} ${Date.now()}000000\n`,
    });
    expect(answer.status).toBe(204);
  }
  const measure = (usage: number) => write(`cpu,host=web-1,service=billing usage=${usage}`);

  test('fires, grows worse and resolves as one incident', async () => {
    await measure(50);
    await measure(80);
    const [fired] = await told('inbound:kapacitor/cpu', 1);
    expect(fired).toMatchObject({
      event: 'incident.triggered',
      incident: {
        priority: 'P3',
        service: 'billing',
        title: expect.stringContaining('is WARNING: 80%'),
        labels: { host: 'web-1', service: 'billing' },
      },
    });
    await measure(99);
    await until(() => desk.incident(fired!.incident.id)?.priority === 'P1');
    await measure(10);
    const heard = await told('inbound:kapacitor/cpu', 2);
    expect(heard.at(-1)).toMatchObject({ event: 'incident.resolved', incident: { id: fired!.incident.id } });
    expect(heard.filter(({ event }) => event === 'incident.triggered')).toHaveLength(1);
  });

  test('the handler of a topic, with a password, says so again and again; it is one incident that ends', async () => {
    for (const used of [95, 96, 97]) await write(`memory,host=db-1 used=${used}`);
    const [fired] = await told('inbound:kapacitor/memory', 1);
    expect(fired!.incident.labels).toMatchObject({ host: 'db-1', source: 'kapacitor' });
    await write('memory,host=db-1 used=20');
    const heard = await told('inbound:kapacitor/memory', 2);
    expect(heard.map(({ event }) => event)).toEqual(['incident.triggered', 'incident.resolved']);
  });
});
