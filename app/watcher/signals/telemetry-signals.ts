import type { SeriesAnswer, SeriesQuestion } from '../../../alerts/rules/signal.ts';
import { groupLabels } from '../../../monitoring/group-by.ts';
import type { Reader, TimeRange } from '../../../monitoring/reader.ts';

/**
 * More than a rule watches, so that it can choose among them, and a part finds its whole. Those with the most requests or
 * records come first.
 */
const MOST_GROUPS = 10_000;
const REQUEST_DURATION = 'http.server.request.duration';
/** Percentiles of request durations that spans tell exactly. */
const OF_SPANS = new Set(['count', 'p50', 'p95', 'p99']);

type Asked<Of extends SeriesQuestion['of']> = Extract<SeriesQuestion, { of: Of }>;

/** Numbers of metrics, logs and requests, from the telemetry store. Rejects as the reader does. */
export async function askTelemetry(
  reader: Reader,
  question: Asked<'metric'> | Asked<'logs'> | Asked<'requests'>,
  now: number,
  abort: AbortSignal,
): Promise<SeriesAnswer> {
  const to = now - question.offset_ms;
  const window = { from: to - question.window_ms, to };
  switch (question.of) {
    case 'metric':
      return askMetric(reader, question, window, abort);
    case 'logs':
      return askLogs(reader, question, window, abort);
    case 'requests':
      return askRequests(reader, question, window, abort);
  }
}

async function askMetric(
  reader: Reader,
  question: Asked<'metric'>,
  window: TimeRange,
  abort: AbortSignal,
): Promise<SeriesAnswer> {
  const { metric, aggregate, where, by } = question;
  const spans = asRequests(question);
  if (spans) return askRequests(reader, spans, window, abort);
  const found = await reader.ask(
    { ask: 'metric', name: metric, attributes: where, aggregate, ...(by.length === 0 ? {} : { group_by: by }) },
    window,
    abort,
  );
  return {
    unit: found[0]?.unit || null,
    groups: found.map(({ attributes, points }) => ({
      labels: attributes,
      value: points[0]?.[1] ?? null,
      samples: null,
    })),
  };
}

/** The same numbers from SERVER spans, which have every duration, where the question asks for no more than those know; else null. */
export function asRequests({
  metric,
  aggregate,
  where,
  by,
  window_ms,
  offset_ms,
}: Asked<'metric'>): Asked<'requests'> | null {
  const { 'service.name': service = null, 'http.route': route = null, ...others } = where;
  if (metric !== REQUEST_DURATION || Object.keys(others).length > 0 || !OF_SPANS.has(aggregate)) return null;
  return {
    of: 'requests',
    service,
    route,
    status: null,
    synthetic: null,
    aggregate: aggregate as Asked<'requests'>['aggregate'],
    by,
    window_ms,
    offset_ms,
  };
}

async function askRequests(
  reader: Reader,
  { service, route, status, synthetic, aggregate, by }: Asked<'requests'>,
  window: TimeRange,
  abort: AbortSignal,
): Promise<SeriesAnswer> {
  const ask = (measure: Asked<'requests'>['aggregate']) =>
    reader.ask(
      {
        ask: 'requests',
        measure,
        ...(service === null ? {} : { service }),
        ...(route === null ? {} : { route }),
        ...(status === null ? {} : { status }),
        ...(synthetic === null ? {} : { synthetic }),
        ...(by.length === 0 ? {} : { group_by: by }),
        limit: MOST_GROUPS,
      },
      window,
      abort,
    );
  const counts = await ask('count');
  const samples = new Map(counts.map(({ group, points }) => [group, points[0]?.[1] ?? 0]));
  const groups = (aggregate === 'count' ? counts : await ask(aggregate)).map(({ group, points }) => {
    const value = points[0]?.[1] ?? null;
    return {
      labels: groupLabels(by, group),
      // Durations of spans are told in milliseconds.
      value: aggregate === 'count' ? (value ?? 0) : value,
      samples: samples.get(group) ?? null,
    };
  });
  return { unit: aggregate === 'count' ? '1' : 'ms', groups };
}

async function askLogs(
  reader: Reader,
  { service, level, text, by }: Asked<'logs'>,
  window: TimeRange,
  abort: AbortSignal,
): Promise<SeriesAnswer> {
  const found = await reader.ask(
    {
      ask: 'log_counts',
      ...(service === null ? {} : { service }),
      ...(level === null ? {} : { level }),
      ...(text === null ? {} : { text }),
      ...(by.length === 0 ? {} : { group_by: by }),
      limit: MOST_GROUPS,
    },
    window,
    abort,
  );
  const groups = found.map(({ group, points }) => {
    const value = points[0]?.[1] ?? 0;
    return { labels: groupLabels(by, group), value, samples: value };
  });
  return { unit: '1', groups };
}
