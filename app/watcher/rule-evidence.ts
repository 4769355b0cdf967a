import type { EvidencePatch } from '../../alerts/engine/answer.ts';
import type { LogEvidence } from '../../alerts/incident.ts';
import type { ShownSeries } from '../../alerts/rules/rule.ts';
import type { SeriesQuestion } from '../../alerts/rules/signal.ts';
import type { Clock } from '../../core/clock.ts';
import type { Reader, TimeRange } from '../../monitoring/reader.ts';
import type { LogRow, TraceSummary } from '../../monitoring/telemetry.ts';
import { serverErrorOf } from './evidence.ts';
import { asRequests } from './signals/telemetry-signals.ts';
import { withoutCredentials } from './without-credentials.ts';

type Asked<Of extends SeriesQuestion['of']> = Extract<SeriesQuestion, { of: Of }>;
type Labels = Readonly<Record<string, string>>;

/** Newest records that are looked at: what they say most often is said of them alone, where there are more. */
const LOOKED_AT = 200;
/** Records that an incident keeps. */
const KEPT = 5;
const LONGEST_LINE = 500;
/** Requests among which one is looked for that has the status of the rule. */
const REQUESTS_LOOKED_AT = 50;

/** Nothing more can be told, or it may be told later. */
export type RuleEvidence = { patch: EvidencePatch } | 'none' | 'not_yet';

/**
 * What stands behind the number of a rule: its newest log records with what they say most often, or one of its requests.
 * Rejects as the reader does.
 */
export async function gatherRuleEvidence(
  reader: Reader,
  clock: Clock,
  { question, labels }: ShownSeries,
  abort: AbortSignal,
): Promise<RuleEvidence> {
  const to = clock.now() - question.offset_ms;
  const window = { from: to - question.window_ms, to };
  if (question.of === 'logs') return await ofLogs(reader, question, labels, window, abort);
  if (question.of === 'requests') return await ofRequests(reader, question, labels, window, abort);
  const requests = question.of === 'metric' ? asRequests(question) : null;
  return requests ? await ofRequests(reader, requests, labels, window, abort) : 'none';
}

async function ofLogs(
  reader: Reader,
  question: Asked<'logs'>,
  labels: Labels,
  window: TimeRange,
  abort: AbortSignal,
): Promise<RuleEvidence> {
  const service = question.service ?? labels['service.name'];
  const { level, text } = question;
  const { items, next_cursor } = await reader.ask(
    {
      ask: 'logs',
      ...(service === undefined ? {} : { service }),
      ...(level === null ? {} : { level }),
      ...(text === null ? {} : { text }),
      limit: LOOKED_AT,
    },
    window,
    abort,
  );
  const own = items.filter((row) => Object.entries(labels).every(([name, value]) => labelOf(row, name) === value));
  const records = own.map(evidenceOf);
  const [newest] = records;
  if (!newest) return 'not_yet';
  return {
    patch: {
      server_error: mostFrequent(records, next_cursor !== null),
      ...(newest.trace_id === null ? {} : { trace_id: newest.trace_id }),
      log_records: records.slice(0, KEPT),
    },
  };
}

function labelOf(row: LogRow, name: string): string | undefined {
  if (name === 'service.name') return row.service;
  if (name === 'log.level' || name === 'level') return row.level;
  const value = Object.hasOwn(row.attributes, name) ? row.attributes[name] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

function evidenceOf({ time, level, service, message, exception, trace_id }: LogRow): LogEvidence {
  return {
    time,
    level,
    service,
    // An exception says more than the sentence it was logged with.
    message: line(exception?.message || message),
    exception_type: exception?.type ?? null,
    trace_id,
  };
}

function line(text: string): string {
  return withoutCredentials(text.slice(0, 4 * LONGEST_LINE))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_LINE)
    .toWellFormed();
}

/** In the words of its newest record. Numbers and ids in it do not make it another message. */
function mostFrequent(records: readonly LogEvidence[], thereAreMore: boolean): string {
  const kind = ({ message }: LogEvidence) => message.replace(/\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b|\d+/gi, '#');
  const kinds = [...Map.groupBy(records, kind).values()].sort((a, b) => b.length - a.length);
  const most = kinds[0]!;
  const said = most[0]!.message || 'a record without a message';
  if (most.length === records.length) return said;
  return `${said} (${most.length} of ${thereAreMore ? 'the newest ' : ''}${records.length})`;
}

async function ofRequests(
  reader: Reader,
  question: Asked<'requests'>,
  labels: Labels,
  window: TimeRange,
  abort: AbortSignal,
): Promise<RuleEvidence> {
  const { 'service.name': ofService, 'http.route': ofRoute, 'http.request.method': method, ...others } = labels;
  // A list of traces does not tell their other attributes.
  if (Object.keys(others).length > 0) return 'none';
  const service = question.service ?? ofService;
  const route = question.route ?? ofRoute;
  const { status, synthetic, aggregate } = question;
  const slow = aggregate !== 'count';
  const { items } = await reader.ask(
    {
      ask: 'traces',
      order: slow ? 'slowest' : 'latest',
      ...(service === undefined ? {} : { service }),
      ...(route === undefined ? {} : { route }),
      ...(synthetic === null ? {} : { synthetic }),
      ...(isOfErrors(status) ? { errors_only: true } : {}),
      limit: REQUESTS_LOOKED_AT,
    },
    window,
    abort,
  );
  const found = items.find(
    (trace) => hasStatus(trace, status) && (method === undefined || trace.name.startsWith(`${method} `)),
  );
  if (!found) return 'not_yet';
  const { trace_id } = found;
  const trace = await reader.ask({ ask: 'trace', trace_id }, { from: 0, to: window.to + 60_000 }, abort);
  const server = trace?.spans.find(
    (span) => span.kind === 'server' && (route === undefined || span.attributes['http.route'] === route),
  );
  const words = trace && server ? serverErrorOf(trace, server) : null;
  return { patch: { trace_id, ...(words === null ? {} : { server_error: line(words) }) } };
}

function isOfErrors(status: Asked<'requests'>['status']): boolean {
  return status === 'error' || status === '5xx' || (typeof status === 'number' && status >= 500);
}

function hasStatus({ status_code, error }: TraceSummary, status: Asked<'requests'>['status']): boolean {
  if (status === null) return true;
  if (status === 'error' || status === 'ok') return error === (status === 'error');
  if (typeof status === 'number') return status_code === status;
  return status_code !== null && Math.floor(status_code / 100) === Number(status[0]);
}
