import type { Logger } from 'pino';
import { type AnswerRecorder, createAnswerRecorder } from '../../alerts/history/recorder.ts';
import { type AlertDesk, type AlertDeskDeps, createAlertDesk, type DeskChannel } from '../../alerts/incidents/desk.ts';
import { createOnCall, type OnCallBook } from '../../alerts/on-call/book.ts';
import { userOfChannel } from '../../alerts/on-call/contacts.ts';
import type { OnCall } from '../../alerts/on-call/on-call.ts';
import type { Policy } from '../../alerts/policies/policy.ts';
import { createRuleEvaluator, type RuleEvaluator } from '../../alerts/rules/evaluator.ts';
import type { MaintenanceWindow } from '../../alerts/silences/silence.ts';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import { toError } from '../../core/errors.ts';
import type { Reader } from '../../monitoring/reader.ts';
import type { BackendStatus } from '../../monitoring/telemetry.ts';
import type { Failure, RunResult } from '../../scenarios/run-result.ts';
import { answerFiles } from '../../storage/rule-answers/index.ts';
import { userAgent } from '../version.ts';
import { createChannels } from './channels.ts';
import { telemetryEvidence } from './evidence-source.ts';
import type { MonitorDefinition } from './monitor-board.ts';
import { LedgerSignals } from './signals/ledger-signals.ts';
import { createSignalSource } from './signals/signal-source.ts';
import type { State } from './state-file.ts';
import { createWayIn, type WayIn, type WayInSettings } from './way-in.ts';

export interface AlertingSettings extends WayInSettings {
  /** Where vendors reach this watcher; undefined where they cannot. */
  publicUrl: string | undefined;
  policies: readonly Policy[];
  /** Null where nobody is on call by a schedule. */
  onCall: OnCall | null;
  maintenance: readonly MaintenanceWindow[];
  /** What rules were answered, and for how long that is kept. */
  /** `isOurs`: nobody else writes into the folder. */
  ruleAnswers: { folder: string; retentionMs: number; isOurs(): boolean };
}

export interface AlertingDeps
  extends Required<Pick<AlertDeskDeps, 'onIncident' | 'onMonitorState' | 'onDelivery' | 'onStorage'>> {
  clock: Clock;
  log: Logger;
  state: State;
  /** Rules entered other states. Must not throw. */
  onRules(): void;
  /** Where links in pages lead, as soon as that is known. */
  address(): string;
  /** Environment of rules that name none. */
  environment: string;
  reader: Reader;
  monitors(): readonly MonitorDefinition[];
  /** @returns false when nobody reads any more */
  print(text: string): boolean;
}

/** From observations to pages, and from people's answers back: the desk, and all that feeds it. */
export interface Alerting extends Component {
  desk: AlertDesk;
  onCall: OnCallBook;
  wayIn: WayIn;
  rules: RuleEvaluator;
  /** What rules were answered, since the start. */
  ruleAnswers: Pick<AnswerRecorder, 'counts'>;
  channels: ReadonlyMap<string, DeskChannel>;
  /** Remembers the failing step, so that its incident can ask telemetry about it. */
  runFailed(run: RunResult, failure: Failure): void;
  /** What the relay told of its backends; null when it does not tell. */
  seeLedger(backends: readonly BackendStatus[] | null): void;
  replacePolicies(policies: readonly Policy[]): Promise<void>;
}

const FAILING_SPANS_REMEMBERED = 1_000;
const AGAIN_MS = 5_000;

export function createAlerting(settings: AlertingSettings, deps: AlertingDeps): Alerting {
  const { clock, log, state } = deps;
  const stopping = new AbortController();
  const failingSpans = new Map<string, string>();
  const ledger = new LedgerSignals(clock);
  let reading: Promise<void> | null = null;

  const people = settings.onCall ?? { users: new Map(), schedules: new Map() };
  const channels = createChannels(settings.channels, settings.channelTypes, {
    clock,
    userAgent,
    print: deps.print,
    // Vendors call back from outside: only a configured address is one that they can reach.
    answerUrl: (name) => (settings.publicUrl ? `${settings.publicUrl}/api/v1/answers/${name}` : null),
    language: (name) => userOfChannel(people, name)?.language ?? null,
  });
  const onCall = createOnCall(people, clock, state.onCallOverrides);
  const { onIncident, onMonitorState, onDelivery, onStorage } = deps;
  const desk = createAlertDesk({
    clock,
    log,
    store: state.alerts,
    policies: settings.policies,
    channels,
    resolveTarget: onCall.resolve,
    nameRecipient: onCall.nameOf,
    maintenance: settings.maintenance,
    answerLink: (incident, channel) => `${deps.address()}${wayIn.links.path(incident, channel)}`,
    // Vendors fetch it from outside.
    pictureLink: (incident, channel) =>
      settings.publicUrl ? `${settings.publicUrl}${wayIn.pictures.path(incident, channel)}` : null,
    get publicUrl() {
      return deps.address();
    },
    evidence: telemetryEvidence({
      clock,
      reader: deps.reader,
      spanOf: (runId) => failingSpans.get(runId),
      seriesOf: (monitor) => rules.shownSeries(monitor),
      onTrouble(error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'the telemetry store cannot be asked about a failure');
      },
    }),
    onIncident,
    onMonitorState,
    onDelivery,
    onStorage,
    // A database that was away at the start tells only then what fired before.
    onRecalled: () => restoreRules(),
  });
  const wayIn = createWayIn(settings, { clock, log, state, desk, people });
  const recorder = createAnswerRecorder({
    clock,
    log,
    history: answerFiles(settings.ruleAnswers.folder, settings.ruleAnswers.isOurs),
    retentionMs: settings.ruleAnswers.retentionMs,
  });
  const rules = createRuleEvaluator({
    clock,
    log,
    policies: settings.policies,
    environment: deps.environment,
    source: createSignalSource({
      clock,
      reader: deps.reader,
      runs: state.runs,
      monitors: deps.monitors,
      heartbeats: wayIn.heartbeats,
      ledger,
    }),
    observe: (observation) => void desk.observe(observation),
    waiting: (monitor) => desk.monitorState(monitor)?.incident_id != null,
    retired: (monitors) => void desk.letGo(monitors),
    onChange: deps.onRules,
    // Runs are kept themselves.
    onAnswer(asked) {
      if (asked.question.of !== 'runs') recorder.heard(asked);
    },
  });
  const restoreRules = () => rules.restore(desk.failingRules().map(({ key, since }) => ({ monitor: key, since })));
  const notifiers = () => [...channels.values()].map(({ notifier }) => notifier);

  /** Until the database tells the overrides, those of the config stand alone. */
  async function readOverrides(): Promise<void> {
    for (let told = false; !stopping.signal.aborted; told = true) {
      try {
        await onCall.load();
        return;
      } catch (error) {
        if (!told) log.warn({ err: toError(error) }, 'overrides of on-call schedules cannot be read; tried again');
        await clock.timer(AGAIN_MS, stopping.signal).catch(() => {});
      }
    }
  }

  return {
    desk,
    onCall,
    wayIn,
    rules,
    ruleAnswers: recorder,
    channels,
    runFailed(run, failure) {
      failingSpans.set(run.id, failure.span_id);
      if (failingSpans.size > FAILING_SPANS_REMEMBERED) failingSpans.delete(failingSpans.keys().next().value!);
    },
    seeLedger(backends) {
      if (backends) ledger.see(backends);
      else ledger.lose();
    },
    async replacePolicies(policies) {
      // At once: a rule of before must not be observed under policies that no longer know it.
      const told = desk.replacePolicies(policies);
      rules.replacePolicies(policies);
      await told;
    },
    async start() {
      for (const notifier of notifiers()) await notifier.start();
      reading ??= readOverrides();
      await desk.start();
      await wayIn.start();
      await recorder.start();
      await rules.start();
    },
    async shutdown(abort) {
      stopping.abort();
      await rules.shutdown(abort);
      await recorder.shutdown(abort);
      await wayIn.shutdown(abort);
      await desk.shutdown(abort);
      await Promise.all([reading, ...notifiers().map((notifier) => notifier.shutdown(abort))]);
    },
  };
}
