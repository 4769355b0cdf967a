import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { AlertStore } from '../alert-store.ts';
import { createDispatcher, DEFAULT_LIMITS, type Dispatcher, type DispatchLimits } from '../dispatcher/dispatcher.ts';
import { adopt } from '../engine/adopt.ts';
import {
  acknowledge,
  attachEvidence,
  type DeliveryOutcome,
  type EvidencePatch,
  fireTimers,
  recordDelivery,
  resolve,
} from '../engine/answer.ts';
import { decide, retire } from '../engine/decide.ts';
import type { Surroundings } from '../engine/draft.ts';
import { urgency } from '../engine/match.ts';
import type { Observation } from '../engine/observation.ts';
import {
  type AlertChange,
  apply,
  emptyState,
  isEmpty,
  type MonitorAlert,
  type MutableAlertState,
  type QueuedDelivery,
} from '../engine/state.ts';
import type { Incident, NotificationEvent } from '../incident.ts';
import type { Notifier } from '../notifier.ts';
import type { Policy } from '../policies/policy.ts';
import { Alarm } from './alarm.ts';
import { Committer } from './committer.ts';
import { type EvidenceSource, gatherEvidence } from './evidence.ts';
import { notificationOf } from './notification.ts';
import { Recollection } from './recollection.ts';
import { StorageWatch } from './storage-watch.ts';

/** A configured channel: how to reach it, and what it wants to hear. */
export interface DeskChannel {
  notifier: Notifier;
  events: readonly NotificationEvent[];
}

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
  limits?: Partial<DispatchLimits>;
  log: DeskLog;
}

export interface AlertDesk extends Component {
  /** Takes a finished run in. Decided at once; resolves when what follows is on disk, or safe in memory. */
  observe(observation: Observation): Promise<void>;
  /** @returns the incident as it is then, or null when no open incident has this id */
  acknowledge(id: string, by: string): Promise<Incident | null>;
  /** Ends the incident though monitors may fail on. @returns as `acknowledge` */
  resolve(id: string, by: string): Promise<Incident | null>;
  attachEvidence(id: string, patch: EvidencePatch): Promise<void>;
  /** Monitors outside the list are no longer run: they let go of their incidents. Call after start. */
  retain(monitors: readonly string[]): Promise<void>;
  /** Undefined before the first run. */
  monitorState(key: string): MonitorAlert | undefined;
  /** As of now, ahead of the database; undefined for those long resolved. */
  incident(id: string): Incident | undefined;
  openIncidents(): Incident[];
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
  let kept: ReadonlySet<string> | null = null;
  let stopping = false;

  const around = (): Surroundings => ({
    now: clock.now(),
    policies: deps.policies,
    channels,
    publicUrl: deps.publicUrl,
  });

  const dispatcher: Dispatcher = createDispatcher({
    clock,
    random,
    notifiers: new Map([...deps.channels].map(([name, { notifier }]) => [name, notifier])),
    compose: (delivery) => notificationOf(state, delivery, clock.now()),
    ready: (incident) => evidenceReady.get(incident),
    urgency: (incident) => urgency(state.incidents.get(incident)?.incident.priority ?? 'P4'),
    record: recordOutcome,
    limits: { ...DEFAULT_LIMITS, ...deps.limits },
  });
  const alarm = new Alarm(clock, (incident, timers) => {
    void commit(fireTimers(state, incident, timers, around()));
  });
  const storageWatch = new StorageWatch(clock, (observation) => void observe(observation));
  const recollection = new Recollection(clock, load, (error) => {
    log.error({ err: error }, 'alert state cannot be read; watching without it');
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
      deps.onStorage?.(error);
      storageWatch.see(error);
    },
  });

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
    return committer.add(change, fresh);
  }

  function causeRun(incident: string): string | undefined {
    return state.incidents.get(incident)?.incident.cause.run_id;
  }

  function recordOutcome(delivery: QueuedDelivery, outcome: DeliveryOutcome): void {
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
    void commit(recordDelivery(state, delivery, outcome, around()), delivery);
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
    const late = state.monitors.size > 0;
    const change = adopt(state, stored, around());
    apply(state, change);
    for (const { incident_id } of stored.deliveries) {
      outstanding.set(incident_id, (outstanding.get(incident_id) ?? 0) + 1);
    }
    for (const row of change.incidents.values()) alarm.set(row.incident.id, row.timers);
    dispatcher.enqueue(stored.deliveries, { accepted: stored.accepted });
    const fresh = [...change.deliveries.values()];
    for (const { incident_id } of fresh) outstanding.set(incident_id, (outstanding.get(incident_id) ?? 0) + 1);
    // An ordinary start has nothing to add to the disk.
    if (late) void committer.add(change, fresh);
    void letGo();
  }

  /** Lets monitors that are no longer run go, as soon as they are known: the database may tell of them late. */
  async function letGo(): Promise<void> {
    if (!kept) return;
    const gone = [...state.monitors.keys()].filter((key) => !kept?.has(key) && !storageWatch.owns(key));
    await Promise.all(gone.map((key) => commit(retire(state, key, around()))));
  }

  async function observe(observation: Observation): Promise<void> {
    if (observation.watcher_fault !== null) {
      log.warn(
        { monitor: observation.monitor, reason: observation.watcher_fault },
        'a run failed for want of the watcher',
      );
    }
    await commit(decide(state, observation, around()));
  }

  async function answer(change: AlertChange, id: string): Promise<Incident | null> {
    const incident = change.incidents.get(id)?.incident ?? state.incidents.get(id)?.incident ?? null;
    await commit(change);
    return incident;
  }

  return {
    start: () => recollection.start(),
    async shutdown(abort) {
      stopping = true;
      recollection.stop();
      alarm.stop();
      storageWatch.stop();
      await dispatcher.shutdown(abort);
      await committer.shutdown(abort);
    },
    observe,
    acknowledge: (id, by) => answer(acknowledge(state, id, by, around()), id),
    resolve: (id, by) => answer(resolve(state, id, by, around()), id),
    attachEvidence: (id, patch) => commit(attachEvidence(state, id, patch, false, around())),
    async retain(monitors) {
      kept = new Set(monitors);
      await letGo();
    },
    monitorState: (key) => state.monitors.get(key),
    incident: (id) => state.incidents.get(id)?.incident,
    openIncidents: () =>
      [...state.incidents.values()].map(({ incident }) => incident).filter((incident) => incident.state !== 'resolved'),
  };
}

function differs(before: MonitorAlert | undefined, after: MonitorAlert): boolean {
  return before?.state !== after.state || before.incident_id !== after.incident_id;
}
