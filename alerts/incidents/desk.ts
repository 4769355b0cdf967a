import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { AlertStore } from '../alert-store.ts';
import {
  type ChannelHealth,
  type ChannelToTell,
  createDispatcher,
  DEFAULT_LIMITS,
  type Dispatcher,
  type DispatchLimits,
} from '../dispatcher/dispatcher.ts';
import { adopt } from '../engine/adopt.ts';
import { attachEvidence, type DeliveryOutcome, type EvidencePatch, recordDelivery } from '../engine/answer.ts';
import { decide, retire } from '../engine/decide.ts';
import type { Surroundings } from '../engine/draft.ts';
import type { Observation } from '../engine/observation.ts';
import { endSilence, prune, reconsiderThese } from '../engine/silencing.ts';
import {
  type AlertChange,
  apply,
  emptyState,
  isEmpty,
  type MonitorAlert,
  type MutableAlertState,
  type QueuedDelivery,
} from '../engine/state.ts';
import { fireTimers } from '../engine/timers.ts';
import { urgency } from '../engine/urgency.ts';
import type { Incident, NotificationEvent } from '../incident.ts';
import type { Page } from '../notifier.ts';
import type { ResolveTarget } from '../on-call/targets.ts';
import type { NameRecipient } from '../on-call/words.ts';
import { isScenarioRule, type Policy } from '../policies/policy.ts';
import { Boundaries } from '../silences/boundaries.ts';
import type { MaintenanceWindow } from '../silences/silence.ts';
import { Alarm } from './alarm.ts';
import { Committer } from './committer.ts';
import { type EvidenceSource, gatherEvidence } from './evidence.ts';
import { inTurns } from './in-turns.ts';
import { notificationOf, pageOf } from './notification.ts';
import type { PeopleDesk } from './people.ts';
import { createPeopleDesk } from './people-desk.ts';
import { Recollection } from './recollection.ts';
import { StorageWatch } from './storage-watch.ts';

/** A configured channel: how to reach it, and what it wants to hear. */
export interface DeskChannel extends ChannelToTell {
  events: readonly NotificationEvent[];
}

/** So often what nobody needs any more is forgotten. */
const PRUNE_EVERY_MS = 3_600_000;

export interface DeskLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface AlertDeskDeps {
  clock: Clock;
  store: Pick<AlertStore, 'load' | 'commit'>;
  policies: readonly Policy[];
  /** By name. Where the user configured none, the console. The desk does not start or stop them. */
  channels: ReadonlyMap<string, DeskChannel>;
  /** Without a slash at its end. */
  publicUrl: string;
  /** Who is behind `on-call:…` and `user:…`; without it every target is the channel of that name. */
  resolveTarget?: ResolveTarget;
  /** Says to people who is behind a target that was resolved. */
  nameRecipient?: NameRecipient;
  /** A signed link by which whoever a channel tells may answer; null where none can be made. */
  answerLink?(incidentId: string, channel: string): string | null;
  /** A signed link to a picture of the latest runs; null where no vendor could fetch it. */
  pictureLink?(incidentId: string, channel: string): string | null;
  /** Windows of the config. */
  maintenance?: readonly MaintenanceWindow[];
  evidence?: EvidenceSource;
  /** Uniform in [0, 1); for jitter only. */
  random?: () => number;
  /** An incident was opened or changed. Must not throw. */
  onIncident?: (incident: Incident) => void;
  /** A monitor entered another state, or joined or left an incident. Must not throw. */
  onMonitorState?: (monitor: MonitorAlert) => void;
  /** A notification ended, one way or the other. Must not throw. */
  onDelivery?: (delivery: QueuedDelivery) => void;
  /** The database stopped answering (an error), or answers again (null). Must not throw. */
  onStorage?: (trouble: Error | null) => void;
  /** The database has told what was before this process, be it late. Must not throw. */
  onRecalled?: () => void;
  limits?: Partial<DispatchLimits>;
  log: DeskLog;
}

export interface AlertDesk extends Component, PeopleDesk {
  /** Takes a finished run in. Decided at once; resolves when what follows is on disk, or stands in memory alone. */
  observe(observation: Observation): Promise<void>;
  /**
   * Whether everything decided so far is on disk; waits two seconds for it at most. False: it counts, but a process that
   * ended now would forget it. Whoever is told "done" must have heard true.
   */
  written(): Promise<boolean>;
  attachEvidence(id: string, patch: EvidencePatch): Promise<void>;
  /** Monitors outside the list are no longer run: they let go of their incidents. Of runs alone. Call after start. */
  retain(monitors: readonly string[]): Promise<void>;
  /** These are looked at no more: they let go of their incidents. */
  letGo(monitors: readonly string[]): Promise<void>;
  /** Instances of rules that fail, or that an open incident waits for. */
  failingRules(): MonitorAlert[];
  /** Undefined before the first run. */
  monitorState(key: string): MonitorAlert | undefined;
  /** As of now, ahead of the database; undefined for those long resolved. */
  incident(id: string): Incident | undefined;
  openIncidents(): Incident[];
  /** What each channel has not taken yet. */
  channelHealth(): ChannelHealth[];
  /** What would be told of it now, for whoever asks to hear it again; null when it is not known. */
  page(id: string): Page | null;
  /**
   * From now on these are the policies. Open incidents go on with the steps that they were opened with; nobody is told
   * again. Rules that are gone let go of their incidents.
   */
  replacePolicies(policies: readonly Policy[]): Promise<void>;
}

/**
 * Where observations become incidents and incidents become pages. Decisions are made in memory, one after the other;
 * each is committed with the intent to tell people in one transaction, and only then told. When the database does not
 * answer within two seconds people are told all the same, and what happened is written later.
 */
export function createAlertDesk(deps: AlertDeskDeps): AlertDesk {
  const { clock, log } = deps;
  const random = deps.random ?? Math.random;
  const state: MutableAlertState = emptyState();
  const channels = [...deps.channels].map(([name, { events }]) => ({ name, events }));
  /** Per incident, deliveries that have not ended. */
  const outstanding = new Map<string, number>();
  const evidenceReady = new Map<string, Promise<void>>();
  let policies = deps.policies;
  let kept: ReadonlySet<string> | null = null;
  let stopping = false;
  const resting = new AbortController();
  let forgetting = false;
  let storageAway = false;

  const around = (): Surroundings => ({
    now: clock.now(),
    policies,
    channels,
    publicUrl: deps.publicUrl,
    ...(deps.resolveTarget ? { resolveTarget: deps.resolveTarget } : {}),
    ...(deps.nameRecipient ? { nameRecipient: deps.nameRecipient } : {}),
    ...(deps.maintenance ? { maintenance: deps.maintenance } : {}),
  });

  const dispatcher: Dispatcher = createDispatcher({
    clock,
    random,
    channels: deps.channels,
    compose: (delivery) => notificationOf(state, delivery, around(), deps.answerLink, deps.pictureLink),
    ready: (incident) => evidenceReady.get(incident),
    urgency: (incident) => urgency(state.incidents.get(incident)?.incident.priority ?? 'P4'),
    record: recordOutcome,
    limits: { ...DEFAULT_LIMITS, ...deps.limits },
  });
  const alarm = new Alarm(clock, (incident, timers) => {
    void commit(fireTimers(state, incident, timers, around()));
  });
  const boundaries = new Boundaries(clock, (over) => {
    for (const id of over) void commit(endSilence(state, id, null, around()));
    void reconsiderAll();
    watchBoundaries();
  });
  const storageWatch = new StorageWatch(clock, (observation) => void observe(observation));
  const recollection = new Recollection(clock, load, (error) => {
    if (!storageAway) log.error({ err: error }, 'alert state cannot be read; watching without it');
    seeStorage(error);
  });
  const committer = new Committer({
    clock,
    random,
    async commit(change) {
      await recollection.complete();
      await deps.store.commit(change);
    },
    release: (deliveries) => dispatcher.enqueue(deliveries),
    onTrouble(error) {
      if (error) log.error({ err: error }, 'alert state cannot be written; pages leave from memory');
      else log.info({}, 'alert state is written again');
      seeStorage(error);
    },
  });

  /** Whoever cannot read it at the start need not wait for something to write to know that it is away. */
  function seeStorage(error: Error | null): void {
    if ((error !== null) === storageAway) return;
    storageAway = error !== null;
    deps.onStorage?.(error);
    storageWatch.see(error);
  }

  /**
   * Makes a decision part of the state, and brings it to the disk and then to people.
   * @param recorded the delivery that the change is about; the dispatcher has it already
   */
  function commit(change: AlertChange, recorded?: QueuedDelivery): Promise<void> {
    if (isEmpty(change)) return Promise.resolve();
    const newCauses = [...change.incidents.values()].filter(
      ({ incident }) => causeRun(incident.id) !== incident.cause.run_id,
    );
    const moved = [...change.monitors.values()].filter((monitor) => differs(state.monitors.get(monitor.key), monitor));
    apply(state, change);
    const fresh = [...change.deliveries.values()].filter(
      ({ status, delivery_id }) => status === 'pending' && delivery_id !== recorded?.delivery_id,
    );
    for (const { incident_id } of fresh) outstanding.set(incident_id, (outstanding.get(incident_id) ?? 0) + 1);
    for (const { incident } of newCauses) startGathering(incident);
    for (const row of change.incidents.values()) {
      alarm.set(row.incident.id, row.timers);
      deps.onIncident?.(row.incident);
    }
    for (const monitor of moved) if (!storageWatch.owns(monitor.key)) deps.onMonitorState?.(monitor);
    for (const id of change.incidents.keys()) forgetIfOver(id);
    if (change.silences.size > 0 || change.windows.size > 0) watchBoundaries();
    return committer.add(change, fresh);
  }

  function watchBoundaries(): void {
    boundaries.watch(state.silences.values(), [...(deps.maintenance ?? []), ...state.windows.values()]);
  }

  function causeRun(incident: string): string | undefined {
    return state.incidents.get(incident)?.incident.cause.run_id;
  }

  function recordOutcome(delivery: QueuedDelivery, outcome: DeliveryOutcome, messageRef?: string): void {
    const ended = outcome !== 'tried' && outcome !== 'stalled';
    if (ended) outstanding.set(delivery.incident_id, (outstanding.get(delivery.incident_id) ?? 1) - 1);
    const fields = {
      channel: delivery.channel,
      delivery_id: delivery.delivery_id,
      notification: delivery.event,
      attempts: delivery.attempts,
      reason: delivery.last_error,
    };
    if (outcome === 'failed') log.error(fields, 'a channel did not take a notification; it is given up');
    else if (outcome === 'stalled') log.error(fields, 'a channel does not take notifications; others are told');
    else if (outcome === 'tried') log.warn(fields, 'a notification was not taken; it is tried again');
    if (ended) deps.onDelivery?.(delivery);
    void commit(recordDelivery(state, delivery, outcome, around(), messageRef), delivery);
    forgetIfOver(delivery.incident_id);
  }

  function startGathering(incident: Incident): void {
    if (!deps.evidence || stopping) return;
    const ready = gatherEvidence(
      clock,
      deps.evidence,
      incident,
      (patch, inTime) => void commit(attachEvidence(state, incident.id, patch, inTime, around())),
      (error) => log.warn({ err: error, incident: incident.id }, 'evidence could not be gathered'),
    );
    evidenceReady.set(incident.id, ready);
    void ready.then(() => {
      if (evidenceReady.get(incident.id) === ready) evidenceReady.delete(incident.id);
    });
  }

  /** A resolved incident stays in memory until everyone has heard of it. */
  function forgetIfOver(id: string): void {
    if (state.incidents.get(id)?.incident.state !== 'resolved' || (outstanding.get(id) ?? 0) > 0) return;
    state.incidents.delete(id);
    outstanding.delete(id);
  }

  async function load(): Promise<void> {
    const stored = await deps.store.load();
    const seen = new Set(state.monitors.keys());
    const late = seen.size > 0;
    const change = adopt(state, stored, around());
    apply(state, change);
    for (const { incident_id } of stored.deliveries) {
      outstanding.set(incident_id, (outstanding.get(incident_id) ?? 0) + 1);
    }
    for (const row of change.incidents.values()) alarm.set(row.incident.id, row.timers);
    const fresh = [...change.deliveries.values()];
    for (const { incident_id } of fresh) outstanding.set(incident_id, (outstanding.get(incident_id) ?? 0) + 1);
    // An ordinary start has nothing to add to the disk.
    if (late) void committer.add(change, fresh);
    watchBoundaries();
    // What held them may have ended meanwhile: that comes before what was on its way.
    void commit(reconsiderThese(state, state.open.ids, around()));
    dispatcher.enqueue(stored.deliveries, { accepted: stored.accepted });
    void letGoOfRules();
    if (!committer.trouble) seeStorage(null);
    // What this process has seen by itself is looked at, be it a part of the watcher that nobody schedules.
    void letGoOfRuns((key) => !seen.has(key));
    deps.onRecalled?.();
  }

  function reconsiderAll(): Promise<void> {
    const some = (ids: readonly string[]) => commit(reconsiderThese(state, ids, around()));
    return inTurns(clock, [...state.open.ids], some, resting.signal);
  }

  async function letGoOfRules(): Promise<void> {
    const asked = policies;
    const rules = new Set(
      asked.flatMap(({ id, rules }) => rules.flatMap((rule) => (isScenarioRule(rule) ? [] : [`${id}/${rule.id}`]))),
    );
    const isGone = (key: string) => !rules.has(/^rule:([^{]*)/.exec(key)?.[1] ?? '');
    // Policies that were read again meanwhile have their own look.
    await letGo(({ key, source }) => source === 'rule' && asked === policies && isGone(key));
  }

  /** Lets monitors that are no longer run go, as soon as they are known: the database may tell of them late. */
  async function letGoOfRuns(may: (key: string) => boolean): Promise<void> {
    await letGo(({ key, source }) => source === 'run' && kept !== null && !kept.has(key) && may(key));
  }

  async function letGo(isGone: (monitor: MonitorAlert) => boolean): Promise<void> {
    const gone = [...state.monitors.values()].filter(isGone);
    // It may be run again by the time that its turn comes, or be known no more.
    const stillGone = ({ key }: MonitorAlert) => {
      const row = state.monitors.get(key);
      return row !== undefined && isGone(row);
    };
    const some = (rows: readonly MonitorAlert[]) =>
      Promise.all(rows.filter(stillGone).map(({ key }) => commit(retire(state, key, around()))));
    await inTurns(clock, gone, some, resting.signal);
  }

  async function forget(): Promise<void> {
    while (!resting.signal.aborted) {
      await clock.timer(PRUNE_EVERY_MS, resting.signal).catch(() => undefined);
      if (!resting.signal.aborted) void commit(prune(state, around(), kept));
    }
  }

  async function observe(observation: Observation): Promise<void> {
    if (observation.watcher_fault !== null) {
      log.warn(
        { monitor: observation.monitor, reason: observation.watcher_fault },
        'for want of the watcher nothing is known of a monitor',
      );
    }
    await commit(decide(state, observation, around()));
  }

  return {
    ...createPeopleDesk({ state, around, commit }),
    async start() {
      await recollection.start();
      if (!forgetting) void forget();
      forgetting = true;
    },
    async shutdown(abort) {
      stopping = true;
      resting.abort(new Error('shutting down'));
      recollection.stop();
      alarm.stop();
      boundaries.stop();
      storageWatch.stop();
      await dispatcher.shutdown(abort);
      await committer.shutdown(abort);
    },
    observe,
    written: () => committer.written(),
    attachEvidence: (id, patch) => commit(attachEvidence(state, id, patch, false, around())),
    async retain(monitors) {
      kept = new Set(monitors);
      await letGoOfRuns((key) => !storageWatch.owns(key));
    },
    async letGo(monitors) {
      await Promise.all(monitors.map((key) => commit(retire(state, key, around()))));
    },
    failingRules: () =>
      [...state.monitors.values()].filter(
        (monitor) => monitor.source === 'rule' && (monitor.state === 'failing' || monitor.incident_id !== null),
      ),
    monitorState: (key) => state.monitors.get(key),
    incident: (id) => state.incidents.get(id)?.incident,
    openIncidents: () =>
      [...state.incidents.values()].map(({ incident }) => incident).filter((incident) => incident.state !== 'resolved'),
    channelHealth: () => dispatcher.channelHealth(),
    page: (id) => pageOf(state, id, clock.now()),
    async replacePolicies(next) {
      policies = next;
      await Promise.all([reconsiderAll(), letGoOfRules()]);
    },
  };
}

function differs(before: MonitorAlert | undefined, after: MonitorAlert): boolean {
  return before?.state !== after.state || before.incident_id !== after.incident_id;
}
