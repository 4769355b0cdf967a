/** The resources of the HTTP API that no other room owns, and a door to those that others own, for API clients and the web UI. */
import type { DeliveryRecord, Incident, IncidentEvent } from '../alerts/incident.ts';
import type { StageWord } from '../alerts/incidents/people.ts';
import type { MaintenanceWindow, Matcher, Silence } from '../alerts/silences/silence.ts';
import type { ScenarioOutline } from '../scenarios/language/outline.ts';
import type { RunSummary } from '../scenarios/run-store.ts';
import type { WorkerLocation, WorkerStatus } from '../scenarios/workers/protocol.ts';
import type { ComingStep, ListedRule, RuleState } from './rule-resources.ts';

export type {
  DeliveryRecord,
  Deployment,
  Hold,
  Incident,
  IncidentEvent,
  IncidentState,
  Priority,
} from '../alerts/incident.ts';
export type { StageWord } from '../alerts/incidents/people.ts';
export type { Evaluation } from '../alerts/rules/evaluations.ts';
export type { MaintenanceWindow, Matcher, Silence } from '../alerts/silences/silence.ts';
export type { SourceStatus } from '../monitoring/sources/source.ts';
export type {
  BackendStatus,
  DeadLetter,
  LedgerRow,
  LogRow,
  MetricSeries,
  ReceiverStatus,
  RouteStats,
  SpanRow,
  Trace,
  TraceSummary,
} from '../monitoring/telemetry.ts';
export type { RunComparison } from '../scenarios/engine/comparison/compare-runs.ts';
export type { DiffLine } from '../scenarios/engine/comparison/line-diff.ts';
export type { OutlineField, OutlineStep, ScenarioOutline } from '../scenarios/language/outline.ts';
export type { LoadReport } from '../scenarios/load/load-report.ts';
export type {
  AssertionResult,
  Attempt,
  EvidenceBody,
  Failure,
  RunResult,
  RunStatus,
  StepResult,
  Timings,
} from '../scenarios/run-result.ts';
export type { RunSummary } from '../scenarios/run-store.ts';
export type { WorkerLocation, WorkerStatus } from '../scenarios/workers/protocol.ts';
export type { OnCallOverride, OnCallPerson, OnCallSchedule, OnCallShift, OnCallUser } from './on-call-resources.ts';
export type {
  ComingCall,
  ComingStep,
  Forecast,
  ListedRule,
  RuleDetail,
  RuleInstance,
  RuleState,
} from './rule-resources.ts';

export interface List<T> {
  items: T[];
  next_cursor: string | null;
}

export type MonitorState = 'passing' | 'degraded' | 'failing' | 'no_data' | 'paused';

/** Of `runs` that ended, skipped ones not counted, `flaky` passed only at a later attempt. */
export interface FlakeCount {
  flaky: number;
  runs: number;
}

/** A scheduled scenario in one environment. */
export interface Monitor {
  /** `id@environment`. */
  key: string;
  id: string;
  name: string;
  service: string;
  environment: string;
  owner: string | null;
  runbook: string | null;
  tags: string[];
  state: MonitorState;
  /** When the state was entered; null before the first run. */
  state_since: string | null;
  /** `every 30 s`, or the cron expression and its zone. */
  schedule: string | null;
  next_run_at: string | null;
  running: boolean;
  quarantine: { until: string; reason: string } | null;
  /** Keys of monitors: while one of them fails, this one pages nobody. */
  depends_on: string[];
  /** The one of them that holds a page back now. */
  suppressed_by: string | null;
  policy: string | null;
  last_run: RunSummary | null;
  /** Newest first, at most 100: for the history strip. */
  recent_runs: RunSummary[];
  /** Open incident that this monitor is part of. */
  incident_id: string | null;
  /** Share of runs of the last 24 h that passed, 0 to 1; null without runs. */
  uptime_24h: number | null;
  /** Runs that passed only at a later attempt; `last_7d` is null until it was counted, and a few minutes old at most. */
  flakiness: { last_100_runs: FlakeCount; last_7d: FlakeCount | null };
  /** Where the scenario stands. */
  file: string;
  /** What each of its locations said last, in the order of the scenario; null where it names none. */
  locations: LocationVerdict[] | null;
}

export interface LocationVerdict {
  name: string;
  state: Exclude<MonitorState, 'paused'>;
  /** The last run that said something about the service. */
  last_run_at: string | null;
  /** Why there is no data. */
  reason: string | null;
}

/** `GET /api/v1/incidents/{id}`. */
export interface IncidentDetail extends Incident {
  timeline: IncidentEvent[];
  deliveries: DeliveryRecord[];
  /** Who is told, and when, if nobody answers; soonest first. */
  coming: ComingStep[];
}

/** What the watcher last read of its files. */
export interface FilesState {
  /** Mistakes that keep them from being taken over; empty when all are in force. */
  problems: FileProblem[];
  /** When they were last read, with or without mistakes; null where they were not read since the start. */
  read_at: string | null;
}

export interface FileProblem extends ScenarioDiagnostic {
  /** The line in question, and its neighbours. */
  excerpt: { line: number; text: string }[];
}

/** `GET /api/v1/rules`. */
export interface RuleList extends List<ListedRule> {
  /** Of all rules, whatever was asked for; `held` of those whose pages something holds back. */
  counts: Record<RuleState | 'held', number>;
  /** What there is to filter by. */
  services: string[];
  teams: string[];
  policies: number;
  files: FilesState;
}

/** `GET /api/v1/workers`. */
export interface WorkerList extends List<WorkerStatus> {
  locations: WorkerLocation[];
  /** The watcher's own. */
  here: string;
  /** Of the watcher; workers should be of the same. */
  version: string;
}

/** `GET /api/v1/incidents/{id}/explain`. */
export interface IncidentExplanation {
  incident: Incident;
  /** What the stages of the chain said, oldest first. */
  words: StageWord[];
}

/** As it is written: `is` is `=` where it is absent. */
export type WrittenMatcher = Pick<Matcher, 'label' | 'value'> & Partial<Pick<Matcher, 'is'>>;

/** An item of `GET /api/v1/silences`. */
export interface ListedSilence extends Silence {
  state: 'standing' | 'coming' | 'ended';
}

/** `POST /api/v1/silences`: until `ends_at`, or for `duration`. */
export interface NewSilenceBody {
  matchers: WrittenMatcher[];
  starts_at?: string;
  ends_at?: string;
  /** `30m`. */
  duration?: string;
  reason?: string;
}

/** `POST /api/v1/silences/preview`: whom these matchers would silence now. */
export interface SilencePreview {
  /** Open ones, most urgent first, the first 50. */
  incidents: Incident[];
  incident_count: number;
  /** Monitors whose next incident would be silent, the first 50. */
  monitors: { key: string; name: string }[];
  monitor_count: number;
  /** Of the matchers: a monitor's incident gets them when it opens, so the monitors are those that match without them. */
  unknown_labels: string[];
}

/** An item of `GET /api/v1/maintenance-windows`. */
export interface PlannedMaintenance extends MaintenanceWindow {
  /** The one that stands now first, then the next ones, five at most; empty when it is over. */
  occurrences: { starts_at: string; ends_at: string }[];
  /** It stands now. */
  standing: boolean;
}

/** `POST /api/v1/maintenance-windows`: once, or again and again. */
export interface NewMaintenanceBody {
  name: string;
  matchers: WrittenMatcher[];
  schedule:
    | { starts_at: string; ends_at: string }
    /** Five fields; `duration` such as `2h`. */
    | { cron: string; timezone: string; duration: string };
}

/** A mistake in a scenario file or a fragment. Lines and columns count from 1; `end_column` is exclusive. */
export interface ScenarioDiagnostic {
  file: string;
  line: number;
  column: number;
  end_column: number | null;
  message: string;
  hint: string | null;
}

/** `POST /api/v1/scenarios/{id}/check`: what is wrong with a text, and what a form shows of it. */
export interface ScenarioCheck {
  /** Empty: it can be run and saved. */
  diagnostics: ScenarioDiagnostic[];
  /** null: it cannot be read as YAML. */
  outline: ScenarioOutline | null;
}

/** `GET /api/v1/scenarios/{id}`: the file as it stands on the disk now, which may have mistakes. */
export interface ScenarioText extends ScenarioCheck {
  id: string;
  file: string;
  text: string;
  /** To be sent along when it is saved. */
  version: string;
  writable: boolean;
  /** In words; null where it is writable. */
  read_only_reason: string | null;
  /** Files of steps that it includes. */
  fragments: string[];
}

/** `GET /api/v1/session`: who is signed in, and what this watcher is. */
export interface Session {
  version: string;
  public_url: string;
  channels: { name: string; type: string }[];
  /** False until a channel other than the console is configured. */
  can_page: boolean;
}

/** Server-sent events of `GET /api/v1/events`: `event` is the type, `data` the JSON. */
export type LiveEvent =
  | { type: 'monitor'; data: Monitor }
  /** The scenario files changed: these are all monitors that there are. */
  | { type: 'monitors'; data: { items: Monitor[] } }
  | { type: 'run'; data: RunSummary }
  | { type: 'incident'; data: Incident }
  /** Some rules changed their state, or the policies were read again: whoever shows them asks anew. At most once a second. */
  | { type: 'rules'; data: { at: string } }
  | { type: 'ping'; data: { at: string } };

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** Of `INVALID_SCENARIO`. */
  diagnostics?: ScenarioDiagnostic[];
  /** Of `FILE_CHANGED`: the file as it is now. */
  current?: { text: string; version: string };
}

/** What came of handing dead letters over once more. */
export interface ReplayOutcome {
  /** Records that were handed over and settled. */
  replayed: number;
  /** Items that had been refused and were taken now. */
  delivered: number;
  /** Items refused once more; they stay dead letters. */
  rejected: number;
  /** Items that the backend's filter now leaves out. */
  filtered: number;
  /** Items that are still to be settled: the backend takes none at the moment. */
  waiting: number;
}
