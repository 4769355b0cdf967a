import { Type } from 'typebox';

/** Parameters and bodies that several routes share. Responses are described in outline: their types live in resources.ts. */
export const Limit = Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Items on one page.' });
export const Cursor = Type.Optional(Type.String({ maxLength: 512, description: '`next_cursor` of the page before.' }));
export const PageQuery = Type.Object({ limit: Limit, cursor: Cursor });

export const IdParams = Type.Object({ id: Type.String({ maxLength: 64 }) });

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable, for programs.' }),
  },
  { description: 'RFC 9457 problem details.' },
);

const text = Type.String();
const textOrNull = Type.Union([Type.String(), Type.Null()]);
const open = { additionalProperties: true };

export const listOf = (description: string, item: ReturnType<typeof Type.Object>) =>
  Type.Object({ items: Type.Array(item), next_cursor: textOrNull }, { description });

export const RunSummarySchema = Type.Object(
  {
    id: text,
    monitor: text,
    status: Type.Enum(['passed', 'failed', 'error', 'skipped']),
    degraded: Type.Boolean(),
    started_at: text,
    duration_ms: Type.Number(),
    trace_id: text,
    attempts: Type.Integer(),
    failure: Type.Union([Type.Object({ step: text, message: text }), Type.Null()]),
  },
  open,
);

export const RunSchema = Type.Object(
  {
    id: text,
    monitor: text,
    status: Type.Enum(['passed', 'failed', 'error', 'skipped']),
    started_at: text,
    duration_ms: Type.Number(),
    trace_id: text,
    attempts: Type.Array(Type.Object({ number: Type.Integer(), status: text }, open)),
    steps: Type.Array(Type.Object({ name: text, status: text, duration_ms: Type.Number() }, open)),
  },
  open,
);

const FlakeCount = Type.Object({ flaky: Type.Integer(), runs: Type.Integer() });

const LocationSchema = Type.Object(
  {
    name: text,
    state: Type.Enum(['passing', 'degraded', 'failing', 'no_data']),
    last_run_at: textOrNull,
    reason: textOrNull,
  },
  open,
);

export const MonitorSchema = Type.Object(
  {
    key: text,
    name: text,
    service: text,
    environment: text,
    tags: Type.Array(text),
    state: Type.Enum(['passing', 'degraded', 'failing', 'no_data', 'paused']),
    state_since: textOrNull,
    schedule: textOrNull,
    next_run_at: textOrNull,
    running: Type.Boolean(),
    last_run: Type.Union([RunSummarySchema, Type.Null()]),
    recent_runs: Type.Array(RunSummarySchema),
    incident_id: textOrNull,
    depends_on: Type.Array(Type.String()),
    suppressed_by: Type.Union([Type.String(), Type.Null()]),
    uptime_24h: Type.Union([Type.Number(), Type.Null()]),
    flakiness: Type.Object({ last_100_runs: FlakeCount, last_7d: Type.Union([FlakeCount, Type.Null()]) }),
    locations: Type.Union([Type.Array(LocationSchema), Type.Null()], {
      description: 'What each of its locations said last; null where the scenario names none.',
    }),
  },
  open,
);

export const HoldSchema = Type.Union([Type.Object({ stage: text, reason: text, until: textOrNull }), Type.Null()], {
  description: 'Nobody is told while this stands.',
});

export const IncidentSchema = Type.Object(
  {
    id: text,
    dedup_key: text,
    title: text,
    priority: Type.Enum(['P1', 'P2', 'P3', 'P4']),
    service: text,
    environment: text,
    state: Type.Enum(['triggered', 'acknowledged', 'resolved']),
    triggered_at: text,
    acknowledged_at: textOrNull,
    resolved_at: textOrNull,
    url: text,
    source: Type.Enum(['run', 'rule', 'inbound'], { description: 'What opened it.' }),
    labels: Type.Record(Type.String(), text),
    monitors: Type.Array(text),
    failing_count: Type.Integer({ description: 'Members that fail now.' }),
    held: HoldSchema,
    assignee: textOrNull,
    merged_into: textOrNull,
    cause: Type.Object(
      { monitor: text, step: text, message: text, trace_id: textOrNull, run_url: textOrNull, server_error: textOrNull },
      open,
    ),
  },
  open,
);

export const MatcherSchema = Type.Object({
  label: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'service, environment, policy, rule, priority, monitor, or a label of a policy or a rule.',
  }),
  is: Type.Optional(Type.Enum(['=', '!=', '=~', '!~'], { description: '"=" when absent; =~ and !~ hold a pattern.' })),
  value: Type.String({ maxLength: 1_000, description: 'A value, or a pattern in RE2 syntax that matches all of it.' }),
});

export const MatchersSchema = Type.Array(MatcherSchema, {
  minItems: 1,
  maxItems: 50,
  description: 'All of them must match the labels of an incident.',
});

export const SilenceSchema = Type.Object({
  id: text,
  matchers: Type.Array(MatcherSchema),
  starts_at: text,
  ends_at: text,
  reason: text,
  created_by: text,
  created_at: text,
  ended_by: textOrNull,
});

export const ListedSilenceSchema = Type.Object({
  ...SilenceSchema.properties,
  state: Type.Enum(['standing', 'coming', 'ended']),
});

export const MaintenanceSchema = Type.Object({
  id: text,
  name: text,
  matchers: Type.Array(MatcherSchema),
  schedule: Type.Union([
    Type.Object({ starts_at: text, ends_at: text }),
    Type.Object({ cron: text, timezone: text, duration_ms: Type.Integer() }),
  ]),
  source: Type.Enum(['config', 'api'], { description: 'config: ringdown.yaml alone can change it.' }),
  created_by: text,
  occurrences: Type.Array(Type.Object({ starts_at: text, ends_at: text })),
  standing: Type.Boolean(),
});

/** Who does it, for the timeline. */
export const ActorName = Type.Optional(
  Type.String({ minLength: 1, maxLength: 100, description: 'A name; `operator` when absent.' }),
);

export const DeploymentSchema = Type.Object(
  {
    id: text,
    service: text,
    environment: textOrNull,
    version: text,
    deployed_at: text,
    source: Type.Enum(['api', 'telemetry']),
    description: textOrNull,
  },
  open,
);

const DiagnosticSchema = Type.Object({
  file: text,
  line: Type.Integer(),
  column: Type.Integer(),
  end_column: Type.Union([Type.Integer(), Type.Null()]),
  message: text,
  hint: textOrNull,
});

export const ScenarioCheckSchema = Type.Object({
  diagnostics: Type.Array(DiagnosticSchema, { description: 'Empty: it can be run and saved.' }),
  outline: Type.Union([Type.Object({}, open), Type.Null()], {
    description: 'What a form shows, with the paths of edits; null where the text cannot be read as YAML.',
  }),
});

export const ScenarioTextSchema = Type.Object({
  id: text,
  file: text,
  text,
  version: Type.String({ description: 'To be sent along when it is saved.' }),
  writable: Type.Boolean(),
  read_only_reason: textOrNull,
  ...ScenarioCheckSchema.properties,
  fragments: Type.Array(text),
});

export const problems = { '4xx': ProblemSchema, '5xx': ProblemSchema };
