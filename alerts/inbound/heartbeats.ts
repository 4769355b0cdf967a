import { type Static, Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { anyEqual } from '../signatures.ts';
import type { ReceiverLog } from './receiver.ts';
import { forAWhile, settledOrAborted, untilDone, WriteBehind } from './write-behind.ts';

export const HeartbeatSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
      'x-expected': 'lower-case letters, digits and hyphens',
      description: 'What rules call it; jobs report to /api/v1/heartbeats/<name>.',
      examples: ['nightly-backup'],
    }),
    token: Type.Optional(
      Type.String({
        minLength: 16,
        description: "Jobs bring it as Authorization: Bearer or ?token=; the watcher's own token when absent.",
        examples: ['${NIGHTLY_BACKUP_TOKEN}'],
        'x-secret': true,
      }),
    ),
  },
  { additionalProperties: false },
);

/** `heartbeats:` in ringdown.yaml. */
export const HeartbeatsSchema = Type.Array(HeartbeatSchema, {
  description: 'Jobs that report when they ran. A rule rings when one stays away.',
  examples: [[{ name: 'nightly-backup', token: '${NIGHTLY_BACKUP_TOKEN}' }]],
});

export type HeartbeatSettings = Static<typeof HeartbeatSchema>;

/** Times are RFC 3339, UTC, by our clock. */
export interface HeartbeatState {
  name: string;
  /** Since when it is waited for. */
  known_since: string;
  /** Null: none came yet. */
  last_at: string | null;
  /** The last one reported a failure. */
  failed: boolean;
  message: string | null;
}

/** Implemented by storage; errors reject. */
export interface HeartbeatStore {
  load(): Promise<HeartbeatState[]>;
  /** All or nothing. */
  save(states: readonly HeartbeatState[]): Promise<void>;
}

export interface Beat {
  failed: boolean;
  /** What the job says; at most 1,000 characters are kept. */
  message: string | null;
}

export interface Heartbeats extends Component {
  /**
   * @param tokens what the job brought
   * @param trusted it brought the watcher's own token
   * @returns when it was taken, and whether that is on disk (it waits two seconds for that): it counts in any case, but
   * a restart would forget it. Null for an unknown name or a wrong token.
   */
  beat(
    name: string,
    tokens: readonly string[],
    trusted: boolean,
    beat: Beat,
  ): Promise<{ name: string; at: string; written: boolean } | null>;
  /** Undefined for a name that is not configured, and while the database has not yet told what came before. */
  lastHeartbeat(name: string): HeartbeatState | undefined;
}

export interface HeartbeatDeps {
  heartbeats: readonly HeartbeatSettings[];
  store: HeartbeatStore;
  clock: Clock;
  log: ReceiverLog;
}

const MOST_UNWRITTEN = 10_000;
const LONGEST_MESSAGE = 1_000;

/** What jobs report; kept over restarts, and in memory while the database is away. */
export function createHeartbeats({ heartbeats, store, clock, log }: HeartbeatDeps): Heartbeats {
  const settings = new Map(heartbeats.map((entry) => [entry.name, entry]));
  const states = new Map<string, HeartbeatState>();
  const stopping = new AbortController();
  let recalling: Promise<void> | undefined;
  const disk = new WriteBehind<HeartbeatState>({
    clock,
    write: (changed) => store.save(changed),
    onTrouble: (error) => {
      if (error) log.error({ err: error }, 'heartbeats cannot be written; they are kept in memory');
      else log.info({}, 'heartbeats are written again');
    },
    most: MOST_UNWRITTEN,
  });

  async function recall(): Promise<void> {
    const stored = await untilDone(
      clock,
      () => store.load(),
      (error) => log.error({ err: error }, 'heartbeats cannot be read; those that come are kept in memory'),
      stopping.signal,
    );
    if (!stored) return;
    const earlier = new Map(stored.map((state) => [state.name, state]));
    const now = new Date(clock.now()).toISOString();
    for (const name of settings.keys()) {
      const before = earlier.get(name);
      const meanwhile = states.get(name);
      if (meanwhile && before) meanwhile.known_since = before.known_since;
      if (meanwhile) continue;
      states.set(name, before ?? { name, known_since: now, last_at: null, failed: false, message: null });
      if (!before) void disk.put(name, states.get(name)!);
    }
  }

  return {
    async beat(name, tokens, trusted, { failed, message }) {
      const entry = settings.get(name);
      const own = entry?.token === undefined ? [] : [entry.token];
      if (!(anyEqual(tokens, own) || trusted) || !entry) return null;
      const at = new Date(clock.now()).toISOString();
      const known_since = states.get(name)?.known_since ?? at;
      const said = message?.trim().slice(0, LONGEST_MESSAGE).toWellFormed() || null;
      const state: HeartbeatState = { name, known_since, last_at: at, failed, message: said };
      states.set(name, state);
      return { name, at, written: await disk.put(name, state) };
    },
    lastHeartbeat: (name) => states.get(name),
    async start() {
      recalling ??= recall();
      await forAWhile(recalling, clock);
    },
    async shutdown(abort) {
      stopping.abort();
      await settledOrAborted(recalling, abort);
      await disk.shutdown(abort);
    },
  };
}
