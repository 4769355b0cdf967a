import type { Logger } from 'pino';
import type { AnswerLinks } from '../alerts/inbound/answer-links.ts';
import type { AnswerDesk } from '../alerts/inbound/answers.ts';
import type { Heartbeats } from '../alerts/inbound/heartbeats.ts';
import type { Receiver } from '../alerts/inbound/receiver.ts';
import type { RunPictures } from '../alerts/inbound/run-pictures.ts';
import type { OnCallBook } from '../alerts/on-call/book.ts';
import type { Clock } from '../core/clock.ts';
import type { Edit } from '../core/document/index.ts';
import type { Reader } from '../monitoring/reader.ts';
import type { SourceStatus } from '../monitoring/sources/source.ts';
import type { BackendStatus, DeadLetter, ReceiverStatus } from '../monitoring/telemetry.ts';
import type { RunResult } from '../scenarios/run-result.ts';
import type { RunStore } from '../scenarios/run-store.ts';
import type {
  Bundle,
  Job,
  JobReport,
  ReportOutcome,
  WorkerHello,
  WorkerLocation,
  WorkerStatus,
} from '../scenarios/workers/protocol.ts';
import type { Access } from './access.ts';
import type { LiveEvents } from './live-events.ts';
import type {
  Deployment,
  Incident,
  IncidentDetail,
  IncidentExplanation,
  IncidentState,
  List,
  ListedSilence,
  Monitor,
  NewMaintenanceBody,
  NewSilenceBody,
  PlannedMaintenance,
  ReplayOutcome,
  RuleDetail,
  RuleList,
  RuleState,
  RunComparison,
  ScenarioCheck,
  ScenarioDiagnostic,
  ScenarioText,
  Silence,
  SilencePreview,
  WrittenMatcher,
} from './resources.ts';

/** What cannot be done, and why, for people. */
export interface Refused {
  readonly refused: string;
}

type Invalid = { readonly diagnostics: ScenarioDiagnostic[] };

/** Scenario files for the web UI, by the id of their scenario; undefined where no monitor has it. */
export interface ScenarioEditing {
  file(id: string): Promise<ScenarioText | undefined>;
  check(id: string, text: string): Promise<ScenarioCheck | undefined>;
  /** Changes only what is edited: comments, order and quotes stay. */
  edit(id: string, text: string, edits: readonly Edit[]): { readonly text: string } | Invalid | undefined;
  /** Runs a text once; nothing is stored and nobody is told. Ends soon when aborted. */
  tryOut(
    id: string,
    text: string,
    environment: string,
    abort: AbortSignal,
  ): Promise<{ readonly run: RunResult } | { readonly refused: string } | Invalid | undefined>;
  /** Writes a text without mistakes in the place of the version that its author saw. */
  save(
    id: string,
    text: string,
    version: string,
  ): Promise<
    | { readonly status: 'written'; readonly version: string }
    | { readonly status: 'changed'; readonly current: { readonly text: string; readonly version: string } }
    | { readonly status: 'refused'; readonly reason: string }
    | ({ readonly status: 'invalid' } & Invalid)
    | undefined
  >;
}

/** Which rules, and where in the list of them. */
export interface RuleQuery {
  state?: RuleState | 'held';
  service?: string;
  team?: string;
  /** Words that name, policy, service or labels hold, in any order. */
  text?: string;
  limit: number;
  cursor?: string;
}

/** What the HTTP API needs from the rest of the watcher. */
export interface ControlDeps {
  version: string;
  clock: Clock;
  log: Logger;
  access: Access;
  events: LiveEvents;
  /** Where people reach this watcher; decides whether cookies are marked Secure. */
  publicUrl(): string;
  channels: { name: string; type: string }[];
  monitors: {
    list(): Monitor[];
    find(key: string): Monitor | undefined;
    /** Starts a run now. @returns false when one is under way already */
    runNow(key: string): boolean;
  };
  runs: Pick<RunStore, 'find' | 'list'>;
  compare(run: RunResult): Promise<RunComparison>;
  incidents: {
    list(options: { state?: IncidentState; limit: number; cursor?: string }): Promise<List<Incident>>;
    find(id: string): Promise<IncidentDetail | null>;
    /** @returns null when there is no such incident; what is resolved already stays as it is */
    acknowledge(id: string, by: string): Promise<Incident | null>;
    resolve(id: string, by: string): Promise<Incident | null>;
    /** These: null when no open incident has this id. */
    escalate(id: string, by: string): Promise<Incident | null>;
    note(id: string, text: string, by: string): Promise<Incident | null>;
    /** @param to null lets go */
    assign(id: string, to: string | null, by: string): Promise<Incident | null>;
    /** Null also when the other one is not open. */
    merge(id: string, into: string, by: string): Promise<Incident | null>;
    /** Silences what holds it open. */
    silence(id: string, forMs: number, by: string): Promise<Silence | null>;
    explain(id: string): Promise<IncidentExplanation | null>;
    /** The post-incident document, Markdown. */
    export(id: string): Promise<string | null>;
  };
  silences: {
    /** Those that stand, are to come, or ended within a day. */
    list(): ListedSilence[];
    create(body: NewSilenceBody, by: string): Promise<ListedSilence | Refused>;
    /** Ends it now; null when there is none. */
    end(id: string, by: string): Promise<ListedSilence | null>;
    preview(matchers: readonly WrittenMatcher[]): SilencePreview | Refused;
  };
  /**
   * Whether everything that was decided so far is on disk; waits two seconds for it at most. False: it counts, but a
   * restart would forget it.
   */
  written(): Promise<boolean>;
  maintenance: {
    list(): PlannedMaintenance[];
    plan(body: NewMaintenanceBody, by: string): Promise<PlannedMaintenance | Refused>;
    cancel(id: string, by: string): Promise<'cancelled' | 'unknown' | 'from_config'>;
  };
  /** Alerts of other systems. */
  inbound: Pick<Receiver, 'receive'>;
  /** What comes back from channels. */
  answers: Pick<AnswerDesk, 'answer'>;
  /** Links in pages. */
  answerLinks: Pick<AnswerLinks, 'look' | 'act'>;
  runPictures: Pick<RunPictures, 'draw'>;
  heartbeats: Pick<Heartbeats, 'beat'>;
  rules: {
    list(query: RuleQuery): RuleList;
    /** @param monitor the instance that the forecast is about; undefined for the worst */
    find(policy: string, rule: string, monitor: string | undefined): RuleDetail | undefined;
  };
  /** Processes elsewhere that run scenarios for this watcher. */
  workers: {
    /** The version of the exchange that this watcher speaks. */
    protocol: number;
    list(): WorkerStatus[];
    /** Those that scenarios name, and those where a worker was heard of. */
    locations(): WorkerLocation[];
    /** Where the watcher itself runs scenarios. */
    here(): string;
    /** Waits until there is something to run; `abort`: the worker is gone. */
    lease(worker: WorkerHello, capacity: number, waitMs: number, abort: AbortSignal): Promise<Job[]>;
    /** The answer with these leases did not arrive. */
    handBack(leases: readonly string[]): void;
    heartbeat(worker: WorkerHello, leases: readonly string[]): void;
    bundle(id: string): Bundle | undefined;
    report(worker: WorkerHello, report: JobReport): { outcome: ReportOutcome } | { refused: string };
  };
  onCall: Pick<
    OnCallBook,
    'onCall' | 'now' | 'shifts' | 'addOverride' | 'removeOverride' | 'calendarOf' | 'calendarOfUser'
  >;
  scenarios: ScenarioEditing;
  deployments: {
    list(options: { limit: number; cursor?: string }): Promise<List<Deployment>>;
    record(deployment: Omit<Deployment, 'id' | 'source'>): Promise<Deployment>;
  };
  /** Of the first backend that can be read. */
  telemetry: Reader;
  /** Of the backend of that name. */
  telemetryOf(backend: string): Reader;
  /** `relayPid` changes when the relay was restarted; null while it is down. */
  backends(): Promise<{
    backends: BackendStatus[];
    receiver: ReceiverStatus;
    sources: SourceStatus[];
    relayPid: number | null;
  }>;
  /** What a backend refused for good, newest first. Rejects with `UNKNOWN_BACKEND`, or as the relay does. */
  deadLetters(backend: string, limit: number): Promise<DeadLetter[]>;
  /** Hands dead letters over once more, all where no ids are given. Rejects with `UNKNOWN_BACKEND`, `CANNOT_REPLAY`, … */
  replay(backend: string, ids?: string[], abort?: AbortSignal): Promise<ReplayOutcome>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  /** What keeps the watcher from doing its work; empty when it is ready. */
  notReady(): string[];
  /** The built web UI; null where it was not built. */
  uiDirectory: string | null;
}
