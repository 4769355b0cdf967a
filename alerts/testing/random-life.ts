import { seededRandom } from '../../core/testing/seeded-random.ts';
import { builtInPolicy, type Policy } from '../policies/policy.ts';
import { answered, failed, passed, timedOut, unreachable, watcherFault, wrongBody } from './observations.ts';
import { World } from './timeline.ts';

const KIM = { by: 'kim', via: 'web' };
const MONITORS = ['a@local', 'b@local', 'c@local', 'd@local'] as const;
const SERVICES = ['posts', 'posts', 'billing', 'database'] as const;
const OUTCOMES = [
  passed,
  passed,
  failed,
  failed,
  unreachable,
  wrongBody(),
  timedOut(),
  watcherFault,
  answered(503, 'GET /v1/users', 'list'),
];
const EVERY_HOUR = 3_600_000;

const calm: Policy = {
  ...builtInPolicy,
  id: 'calm',
  priority: 'P3',
  escalation: [
    { after_ms: 0, notify: ['pager'], repeat_every_ms: null },
    { after_ms: 300_000, notify: ['call'], repeat_every_ms: 1_800_000 },
  ],
  escalation_loop: { times: 1, every_ms: 2 * EVERY_HOUR },
  renotify: { triggered_every_ms: 6 * EVERY_HOUR, acknowledged_every_ms: 12 * EVERY_HOUR },
  quiet_hours: [{ priority: 'P3', from_minute: 22 * 60, to_minute: 6 * 60, timezone: 'Asia/Seoul', days: [] }],
  inhibit: [
    { when: { service: 'database' }, hold: { service: 'billing' }, equal: ['environment'] },
    { when: { service: 'billing' }, hold: { service: 'database' }, equal: ['environment'] },
  ],
};
const urgent: Policy = { ...calm, id: 'urgent', priority: 'P1', inhibit: [] };

/** A silence as whoever made it remembers it. */
interface Remembered {
  service: string;
  wallEnd: number;
  monotonicEnd: number;
  ended: boolean;
}

export interface Life {
  world: World;
  /** What went against a promise, in words. */
  broken: string[];
  pages: number;
  restarts: number;
}

export interface LifeOptions {
  steps: number;
  /** The process is killed right after this commit, before it hears that the commit worked; 0 for never. */
  killAfterCommit: number;
  /** The database fails now and then: what left from memory before a crash is told again, under an id of its own. */
  databaseFaults: boolean;
  /** The system's clock is set by up to an hour now and then. */
  clockSteps: boolean;
}

/**
 * Some days of a watcher, drawn at random: runs, silences, answers, restarts, faults of the database and of a channel.
 * After each step, and in the end when everything works again, what must always hold is checked.
 */
export async function live(seed: number, options: LifeOptions): Promise<Life> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const world = new World([calm, urgent], ['pager', 'call']);
  const life: Life = { world, broken: [], pages: 0, restarts: 0 };
  const silences: Remembered[] = [];
  const last = new Map<string, (typeof OUTCOMES)[number]>();
  const { clock, store } = world;
  const trouble = (message: string) => life.broken.push(`seed ${seed}: ${message}`);

  watchPages(world, silences, life, trouble);
  await world.start();
  killAt(world, options.killAfterCommit, silences, life);

  const run = async (monitor: (typeof MONITORS)[number], outcome: (typeof OUTCOMES)[number]) => {
    if (outcome.watcher_fault === undefined) last.set(monitor, outcome);
    const service = SERVICES[MONITORS.indexOf(monitor)]!;
    const policy = monitor === 'b@local' ? 'urgent' : 'calm';
    const depends_on = monitor === 'a@local' ? ['d@local'] : [];
    await world.run(monitor, { ...outcome, service, policy, depends_on });
  };

  for (let step = 0; step < options.steps; step++) {
    const open = world.desk.openIncidents();
    const what = random();
    if (what < 0.5) await run(pick(MONITORS), pick(OUTCOMES));
    else if (what < 0.58) {
      const lasts = pick([60_000, 1_800_000, 4 * EVERY_HOUR]);
      const service = pick(SERVICES);
      const now = clock.now();
      silences.push({ service, wallEnd: now + lasts, monotonicEnd: clock.monotonic() + lasts, ended: false });
      void world.desk.silence(
        {
          matchers: [{ label: 'service', is: '=', value: service }],
          starts_at: new Date(now).toISOString(),
          ends_at: new Date(now + lasts).toISOString(),
          reason: '',
        },
        KIM,
      );
    } else if (what < 0.6) endSilences(world, silences);
    else if (what < 0.66 && open.length > 0) void world.desk.acknowledge(pick(open).id, KIM);
    else if (what < 0.68 && open.length > 0) void world.desk.resolve(pick(open).id, KIM);
    else if (what < 0.7 && open.length > 1) void world.desk.merge(open[0]!.id, open[1]!.id, KIM);
    else if (what < 0.71 && open.length > 0) void world.desk.assign(pick(open).id, pick(['kim', 'minsu', null]), KIM);
    else if (what < 0.74) {
      life.restarts++;
      forgetUnwritten(world, silences);
      await world.restart();
    } else if (what < 0.77 && options.databaseFaults) store.mode = pick(['rejects', 'hangs', 'works'] as const);
    else if (what < 0.8) store.recover();
    else if (what < 0.83) {
      const down = random() < 0.5;
      const error = new Error('status 503');
      world.channel('pager').answer = () => (down ? { status: 'retryable', error } : { status: 'accepted' });
    } else if (what < 0.84 && options.clockSteps) {
      for (const silence of silences) if (clock.now() >= silence.wallEnd) silence.ended = true;
      clock.step(Math.round((random() * 2 - 1) * EVERY_HOUR));
      for (const silence of silences) if (clock.now() >= silence.wallEnd) silence.ended = true;
    }
    await clock.advance(pick([0, 1_000, 30_000, 600_000, EVERY_HOUR]));
    checkCounts(world, trouble);
  }

  store.recover();
  world.channel('pager').answer = () => ({ status: 'accepted' });
  await clock.advance(60_000);
  endSilences(world, silences);
  await clock.advance(60_000);
  for (const monitor of MONITORS) await run(monitor, last.get(monitor) ?? passed);
  // Past every step that is left, to an hour that is not quiet.
  const hour = (clock.now() / EVERY_HOUR + 9) % 24;
  await clock.advance((24 + ((36 - hour) % 24)) * EVERY_HOUR);
  for (const monitor of MONITORS) await run(monitor, last.get(monitor) ?? passed);
  await clock.advance(60_000);
  checkCounts(world, trouble);
  checkEnd(world, last, trouble);
  if (!options.databaseFaults) checkOnce(world, trouble);
  return life;
}

function watchPages(world: World, silences: readonly Remembered[], life: Life, trouble: (message: string) => void) {
  const { clock } = world;
  for (const [name, channel] of world.channels) {
    const notify = channel.notify.bind(channel);
    channel.notify = async (notification) => {
      const { event, incident } = notification;
      if ((event === 'incident.triggered' || event === 'incident.escalated') && incident.state !== 'resolved') {
        life.pages++;
        const what = `${event} of ${incident.id} on ${name}`;
        if (incident.held) trouble(`${what} though it is held: ${incident.held.reason}`);
        for (const { service, wallEnd, monotonicEnd, ended } of silences) {
          const stands = !ended && clock.now() < wallEnd && clock.monotonic() < monotonicEnd;
          if (stands && service === incident.service) trouble(`${what} though it is silenced`);
        }
        // Whether the labels say P3, not whether the hold does: this is the promise.
        if (incident.priority === 'P3' && isNightInSeoul(clock.now())) trouble(`${what} in the quiet hours`);
      }
      return notify(notification);
    };
  }
}

function killAt(world: World, commit: number, silences: readonly Remembered[], life: Life): void {
  const { store } = world;
  const write = store.commit.bind(store);
  store.commit = async (change) => {
    await write(change);
    if (store.commits !== commit) return;
    life.restarts++;
    forgetUnwritten(world, silences);
    void world.restart();
  };
}

/** What was never written is lost with the process; without its database a watcher knows of no silence, and pages. */
function forgetUnwritten({ store }: World, silences: readonly Remembered[]): void {
  const written = [...store.state.silences.values()].map(({ ends_at }) => Date.parse(ends_at));
  for (const silence of silences) {
    if (store.mode !== 'works' || !written.includes(silence.wallEnd)) silence.ended = true;
  }
}

function endSilences(world: World, silences: readonly Remembered[]): void {
  for (const silence of silences) silence.ended = true;
  for (const { id } of world.desk.silences()) void world.desk.endSilence(id, KIM);
}

function checkCounts({ desk }: World, trouble: (message: string) => void): void {
  for (const { id, failing_count, monitors } of desk.openIncidents()) {
    if (!monitors.some((key) => desk.monitorState(key)?.incident_id === id)) trouble(`nothing could ever end ${id}`);
    const counted = monitors.filter((key) => {
      const monitor = desk.monitorState(key);
      return monitor?.incident_id === id && (monitor.state === 'failing' || monitor.state === 'no_data');
    }).length;
    if (counted !== failing_count) trouble(`${id} counts ${failing_count} failing members, there are ${counted}`);
  }
}

function checkEnd(world: World, last: ReadonlyMap<string, (typeof OUTCOMES)[number]>, trouble: (m: string) => void) {
  const { desk, store } = world;
  const open = desk.openIncidents();
  for (const [monitor, outcome] of last) {
    const state = desk.monitorState(monitor)!;
    // A person may have ended it though it still fails.
    if (outcome.failure === null || state.held_cause !== null) continue;
    if (!open.some(({ id }) => id === state.incident_id)) trouble(`${monitor} fails, and no incident is open for it`);
  }
  for (const incident of open) {
    const accepted = [...world.channels.values()].flatMap((channel) => channel.accepted);
    const rings = accepted.filter(({ event, incident: { id } }) => id === incident.id && RINGS.has(event));
    if (incident.state === 'triggered' && incident.held === null && rings.length === 0)
      trouble(`nobody was ever told of ${incident.id}: ${incident.title}`);
    if (incident.held !== null && incident.held.stage !== 'inhibit' && incident.held.stage !== 'dependency')
      trouble(`${incident.id} is still held: ${incident.held.reason}`);
  }
  if (open.length > 0 && open.every(({ held }) => held?.stage === 'inhibit')) trouble('all hold one another back');
  for (const { status, delivery_id } of store.deliveries.values())
    if (status === 'pending') trouble(`${delivery_id} is still pending`);
  for (const { id, state, held, failing_count } of open) {
    const written = store.state.incidents.get(id)?.incident;
    if (written?.state !== state || written.held?.reason !== held?.reason || written.failing_count !== failing_count)
      trouble(`${id} is not on disk as it is`);
  }
}

function checkOnce(world: World, trouble: (message: string) => void): void {
  for (const [name, { accepted }] of world.channels) {
    for (const [key, told] of Map.groupBy(accepted, ({ event, incident }) => `${incident.id} ${event}`)) {
      if (!/triggered|resolved/.test(key)) continue;
      if (new Set(told.map(({ delivery_id }) => delivery_id)).size > 1) trouble(`${name} was told twice: ${key}`);
    }
  }
}

const RINGS: ReadonlySet<string> = new Set(['incident.triggered', 'incident.escalated']);

function isNightInSeoul(at: number): boolean {
  const hour = new Date(at + 9 * EVERY_HOUR).getUTCHours();
  return hour >= 22 || hour < 6;
}
