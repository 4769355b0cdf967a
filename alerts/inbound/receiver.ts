import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { formatDuration, parseDuration } from '../../core/units.ts';
import type { Observation } from '../engine/observation.ts';
import type { CommonInboundSettings } from './define.ts';
import type { InboundAlert, InboundKind, InboundRequest, InboundSettings, Refusal } from './inbound.ts';
import type { InboundStore, RememberedAlert } from './inbound-store.ts';
import { observeAlert, tidy } from './observe-alert.ts';
import { REPLAY_WINDOW_MS, ReplayGuard, type TakenRequest } from './replay-guard.ts';
import { SourceMemory, type Word } from './source-memory.ts';
import { forAWhile, settledOrAborted, untilDone, WriteBehind } from './write-behind.ts';

const MOST_UNWRITTEN = 100_000;
const PRUNE_EVERY_MS = 3_600_000;
const LOGGED_EVERY_MS = 60_000;

export type InboundOutcome =
  | 'accepted'
  | 'repeated'
  | 'out_of_order'
  | 'unknown'
  | 'expired'
  | 'too_many'
  | 'unwritten'
  | 'replayed'
  | 'confirmed'
  | 'skipped'
  | 'truncated'
  | 'unauthentic'
  | 'malformed'
  | 'unknown_source';

/** What became of a request. */
export type Receipt =
  | {
      status: 'taken';
      /** Alerts in the request that were understood. */
      alerts: number;
      /** Those that said something new. */
      changed: number;
      /** Entries that were not understood, and why; at most 20. */
      skipped: readonly string[];
    }
  | { status: 'replayed' }
  | { status: 'confirmed' }
  /** More alerts fire than one source may have: these were not taken. */
  | { status: 'too_many' }
  /** The sender's word was taken, but what it asks for could not be done now. */
  | { status: 'unavailable'; reason: string }
  | ({ status: 'refused' } & Refusal);

export interface ReceiverDeps {
  kinds: ReadonlyMap<string, InboundKind>;
  sources: readonly InboundSettings[];
  /** The alert desk. Decides at once, in the order of the calls; resolves when that is on disk, or after two seconds. */
  observe(observation: Observation): Promise<void>;
  /** Whether everything that the desk decided so far is on disk. */
  written(): Promise<boolean>;
  /** Whether the desk knows this monitor to fail. */
  fails(monitor: string): boolean;
  store: InboundStore;
  /** Fetches a URL that a vendor wants to see fetched. Rejects when that fails. */
  confirm(url: string): Promise<void>;
  clock: Clock;
  log: ReceiverLog;
}

export interface ReceiverLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Receiver extends Component {
  /** Knows what an earlier process took once the receiver has started; the answers of channels share it. */
  readonly replays: ReplayGuard;
  receive(source: string, request: InboundRequest): Promise<Receipt>;
  /** Since the start, alerts and requests by what became of them. */
  counts(): { source: string; outcome: InboundOutcome; count: number }[];
}

interface Source {
  settings: CommonInboundSettings;
  kind: InboundKind;
  memory: SourceMemory;
}

/**
 * Takes the alerts of other systems in: verify, refuse replays, parse, and hand what is new to the desk. Safe to be told
 * things twice and in the wrong order. A source that falls silent ends nothing, unless it has `expires_after`.
 */
export function createReceiver(deps: ReceiverDeps): Receiver {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const counted = new Map<string, { source: string; outcome: InboundOutcome; count: number }>();
  const logged = new Map<string, number>();
  const chores: Promise<unknown>[] = [];
  let recalled = false;
  let started = false;
  const sources = new Map<string, Source>(
    deps.sources.map((entry) => {
      const settings = entry as CommonInboundSettings;
      const expiresAfterMs =
        settings.expires_after === undefined ? null : (parseDuration(settings.expires_after) ?? null);
      return [entry.name, { settings, kind: deps.kinds.get(entry.type)!, memory: new SourceMemory(expiresAfterMs) }];
    }),
  );
  const disk = new WriteBehind<RememberedAlert>({
    clock,
    write: (alerts) => afterTheDesk(() => deps.store.saveAlerts(alerts)),
    onTrouble: (error) => {
      if (error)
        log.error({ err: error }, 'alerts of other systems cannot be written; senders are asked to send them again');
      else log.info({}, 'alerts of other systems are written again');
    },
    most: MOST_UNWRITTEN,
  });

  const takenOnDisk = new WriteBehind<TakenRequest>({
    clock,
    write: (taken) => afterTheDesk(() => deps.store.saveTaken(taken)),
    onTrouble: (error) => {
      if (error) log.warn({ err: error }, 'requests that were taken cannot be noted; a restart might take them again');
    },
    most: MOST_UNWRITTEN,
  });
  const replays = new ReplayGuard(clock, (taken) => takenOnDisk.put(taken.key, taken));

  /**
   * What is remembered here as told, but unknown to the desk after a crash, would never ring. The other way round does no
   * harm: it is told to the desk once more.
   */
  async function afterTheDesk(write: () => Promise<void>): Promise<void> {
    if (!(await deps.written())) throw new Error('the incidents that follow from them are not on disk yet');
    await write();
  }

  function count(source: string, outcome: InboundOutcome, by = 1): void {
    const key = `${source}\n${outcome}`;
    const entry = counted.get(key) ?? { source, outcome, count: 0 };
    entry.count += by;
    counted.set(key, entry);
  }

  /** Whoever sends nonsense all day must not fill the log with it. */
  function warnSometimes(source: string, reason: string, message: string): void {
    const key = `${source}\n${message}`;
    if (clock.monotonic() - (logged.get(key) ?? Number.NEGATIVE_INFINITY) < LOGGED_EVERY_MS) return;
    logged.set(key, clock.monotonic());
    log.warn({ source, reason }, message);
  }

  function refuse(source: string, refusal: Refusal): Receipt {
    count(source, refusal.refused);
    warnSometimes(source, refusal.reason, `a request of another system was refused as ${refusal.refused}`);
    return { status: 'refused', ...refusal };
  }

  /** A bug in what nobody waits for: it must not end the process that pages. */
  const logFault = (error: unknown) => log.error({ err: error }, 'the end of an alert could not be taken in');

  async function receive(name: string, request: InboundRequest): Promise<Receipt> {
    const source = sources.get(name);
    if (!source) {
      count('', 'unknown_source');
      warnSometimes('', 'no source of that name', 'a request came for a source that is not configured');
      return { status: 'refused', refused: 'unauthentic', reason: 'no source of that name' };
    }
    const verified = await source.kind.verify(source.settings, request, clock.now());
    if ('refused' in verified) return refuse(name, verified);
    // The desk may be closed already: what is taken now would be remembered as told, and never ring.
    if (stopping.signal.aborted)
      return { status: 'unavailable', reason: 'the watcher is being restarted: send it again' };
    if ('unavailable' in verified) {
      warnSometimes(name, verified.unavailable, 'a request of another system could not be verified');
      return { status: 'unavailable', reason: 'it could not be verified now: send it again' };
    }
    const taking = verified.replay_key === null ? undefined : replays.take(`inbound ${name}`, verified.replay_key);
    if (taking === null) {
      count(name, 'replayed');
      return { status: 'replayed' };
    }
    try {
      const receipt = await understand(source, request);
      if (receipt.status === 'taken' || receipt.status === 'confirmed') await taking?.carriedOut();
      else taking?.failed();
      return receipt;
    } catch (error) {
      taking?.failed();
      throw error;
    }
  }

  async function understand(source: Source, request: InboundRequest): Promise<Receipt> {
    const { name } = source.settings;
    const parsed = source.kind.parse(source.settings, request, clock.now());
    if ('refused' in parsed) return refuse(name, parsed);
    if ('confirm' in parsed) return confirm(name, parsed.confirm.url);
    const { alerts, skipped = [], truncated = 0 } = parsed;
    if (skipped.length > 0) {
      count(name, 'skipped', skipped.length);
      warnSometimes(name, skipped[0]!, 'an alert of another system was not understood');
    }
    if (truncated > 0) {
      count(name, 'truncated', truncated);
      warnSometimes(name, `${truncated} alerts were left out`, 'another system left alerts out of its message');
    }
    if (alerts.length === 0 && skipped.length > 0) {
      return refuse(name, { refused: 'malformed', reason: skipped.slice(0, 5).join('; ') });
    }
    const changed = await take(source, alerts);
    if (changed === null) return { status: 'too_many' };
    const unwritten = await stillUnwritten(name, alerts);
    if (unwritten > 0) {
      count(name, 'unwritten', unwritten);
      return {
        status: 'unavailable',
        reason: 'it is taken and told, but cannot be written down now, and a restart would forget it: send it again',
      };
    }
    return { status: 'taken', alerts: alerts.length, changed, skipped: skipped.slice(0, 20) };
  }

  /** Said for the first time just now, or before: whoever repeats it must not hear that it is safe, either. */
  async function stillUnwritten(source: string, alerts: readonly InboundAlert[]): Promise<number> {
    const written = await Promise.all(alerts.map((alert) => disk.written(rowKey(source, tidy(alert)))));
    return written.filter((onDisk) => !onDisk).length;
  }

  async function confirm(name: string, url: string): Promise<Receipt> {
    try {
      await deps.confirm(url);
    } catch (error) {
      warnSometimes(name, String(error), 'a subscription could not be confirmed');
      return { status: 'unavailable', reason: 'the subscription could not be confirmed' };
    }
    count(name, 'confirmed');
    log.info({ source: name }, 'a subscription was confirmed');
    return { status: 'confirmed' };
  }

  /** @returns how many said something new; null when a source has more alerts than it may */
  async function take(source: Source, alerts: readonly InboundAlert[]): Promise<number | null> {
    const { settings, memory } = source;
    const now = clock.now();
    const news: { alert: InboundAlert; at: string; undo(): void }[] = [];
    let refused = 0;
    for (const sent of alerts) {
      const alert = tidy(sent);
      const at = sentAt(alert, now);
      const word = { alert, at, receivedAt: now, heard: clock.monotonic() } satisfies Word;
      const verdict = memory.hear(word, { complete: recalled });
      count(settings.name, verdict.outcome);
      if (verdict.outcome === 'too_many') refused++;
      if (verdict.outcome === 'accepted') news.push({ alert, at, undo: verdict.undo });
      // A crash between the two writes leaves the desk with an alert that is not remembered here.
      const { monitor } = observeAlert(settings, alert, at, now);
      if (verdict.outcome === 'unknown' && deps.fails(monitor)) news.push({ alert, at, undo: () => {} });
    }
    if (refused > 0) warnSometimes(settings.name, `${refused} alerts`, 'a source has more firing alerts than it may');
    await told(settings, news);
    return refused > 0 ? null : news.length;
  }

  async function told(
    settings: CommonInboundSettings,
    news: readonly { alert: InboundAlert; at: string; undo(): void }[],
    recovery?: string,
  ): Promise<void> {
    const now = clock.now();
    try {
      await Promise.all(news.map(({ alert, at }) => deps.observe(observeAlert(settings, alert, at, now, recovery))));
    } catch (error) {
      for (const { undo } of news.toReversed()) undo();
      throw error;
    }
    const received_at = new Date(now).toISOString();
    await Promise.all(
      news.map(({ alert, at }) =>
        disk.put(rowKey(settings.name, alert), { source: settings.name, at, received_at, alert }),
      ),
    );
  }

  async function recall(): Promise<void> {
    const since = new Date(clock.now() - REPLAY_WINDOW_MS).toISOString();
    const stored = await untilDone(
      clock,
      () => deps.store.load(since),
      (error) => log.error({ err: error }, 'alerts of other systems cannot be read; those that come are taken'),
      stopping.signal,
    );
    if (!stored) return;
    replays.remember(stored.taken);
    for (const { source, at, received_at, alert } of stored.alerts) {
      // Heard now: whoever repeats itself could not be heard while nobody listened.
      const word = { alert, at, receivedAt: Date.parse(received_at), heard: clock.monotonic() };
      const known = sources.get(source);
      if (known) known.memory.recall(word);
      else if (alert.state === 'firing') await abandon(source, alert);
    }
    recalled = true;
  }

  /** Nothing could ever end an alert of a source that is no longer configured. */
  async function abandon(source: string, alert: InboundAlert): Promise<void> {
    log.warn({ source, alert: alert.key }, 'a source is no longer configured; what it said is taken as over');
    const at = new Date(clock.now()).toISOString();
    const end = { alert: { ...alert, state: 'resolved' as const }, at, undo: () => {} };
    await told({ name: source, type: '' }, [end], `the source "${source}" is no longer configured`).catch(logFault);
  }

  async function expire(source: Source, expiresAfterMs: number): Promise<void> {
    const { settings, memory } = source;
    const pause = Math.min(Math.max(expiresAfterMs / 10, 1_000), 60_000);
    while (!stopping.signal.aborted) {
      await clock.timer(pause, stopping.signal).catch(() => {});
      if (stopping.signal.aborted) return;
      const over = memory.expire(clock.monotonic(), clock.now());
      if (over.length === 0) continue;
      count(settings.name, 'expired', over.length);
      const reason = `not repeated for ${formatDuration(expiresAfterMs)}`;
      log.info({ source: settings.name, alerts: over.length, reason }, 'alerts of another system are taken as over');
      await told(settings, over, reason).catch(logFault);
    }
  }

  async function prune(): Promise<void> {
    while (!stopping.signal.aborted) {
      await deps.store
        .prune(new Date(clock.now() - REPLAY_WINDOW_MS).toISOString())
        .catch((error) => log.warn({ err: error }, 'old alerts of other systems could not be removed'));
      await clock.timer(PRUNE_EVERY_MS, stopping.signal).catch(() => {});
    }
  }

  return {
    replays,
    receive,
    counts: () => [...counted.values()].map((entry) => ({ ...entry })),
    async start() {
      if (started) return;
      started = true;
      const recalling = recall();
      chores.push(recalling.then(prune));
      for (const source of sources.values()) {
        const { expiresAfterMs } = source.memory;
        if (expiresAfterMs !== null) chores.push(expire(source, expiresAfterMs));
      }
      await forAWhile(recalling, clock);
    },
    async shutdown(abort) {
      stopping.abort();
      await settledOrAborted(Promise.allSettled(chores), abort);
      await Promise.all([disk.shutdown(abort), takenOnDisk.shutdown(abort)]);
    },
  };
}

/** A sender whose clock is far ahead must not make all that follows look old. */
function sentAt(alert: InboundAlert, now: number): string {
  const at = alert.at === null ? now : Date.parse(alert.at);
  return new Date(Number.isFinite(at) ? Math.min(at, now + 10 * 60_000) : now).toISOString();
}

function rowKey(source: string, alert: InboundAlert): string {
  return `${source}/${alert.key}`;
}
