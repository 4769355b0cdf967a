import type { Signal } from '../../exporter.ts';
import { BYTES, type ProtoReader } from '../../otlp/proto-reader.ts';
import { countIn, visitItems, withoutItems } from './envelope.ts';
import { readLogFacts, readSpanFacts, type SpanFacts } from './facts.ts';
import type { Matcher } from './glob.ts';
import { isSampled } from './sample.ts';
import type { Filter } from './settings.ts';

export interface OtlpRules {
  filter: Filter;
  isExcludedRoute: Matcher | undefined;
  isExcludedMetric: Matcher | undefined;
}

const ERROR = 17;

/**
 * An export request without what the rules leave out.
 * @returns the same array where all of it stays, and how many items went
 * @throws OtlpDecodeError
 */
export function filterOtlp(
  signal: Signal,
  bytes: Uint8Array,
  rules: OtlpRules,
): { bytes: Uint8Array; dropped: number } {
  const leaveOut = LEAVE_OUT[signal](bytes, rules);
  if (!leaveOut) return { bytes, dropped: 0 };
  const starts = new Set<number>();
  let dropped = 0;
  let index = 0;
  visitItems(bytes, (reader) => {
    const start = reader.pos;
    if (!leaveOut(reader, index++)) return;
    reader.pos = start;
    dropped += countIn(signal, reader);
    starts.add(start);
  });
  return dropped === 0 && starts.size === 0 ? { bytes, dropped } : { bytes: withoutItems(bytes, starts), dropped };
}

/** Judges an item by its content, which the reader is bounded to, and by its number in the request. */
type LeaveOut = (reader: ProtoReader, index: number) => boolean;

/** Undefined where the rules leave nothing out. */
const LEAVE_OUT: Record<Signal, (bytes: Uint8Array, rules: OtlpRules) => LeaveOut | undefined> = {
  traces: leaveOutSpans,
  metrics: (_, { isExcludedMetric }) => isExcludedMetric && ((reader) => isExcludedMetric(readMetricName(reader))),
  logs: leaveOutLogs,
};

/**
 * Spans that failed, and all spans of a scenario's trace that came in one request, stay whatever the rules say: the
 * instrumentation sends a scenario's request in one.
 */
function leaveOutSpans(bytes: Uint8Array, { filter, isExcludedRoute }: OtlpRules): LeaveOut | undefined {
  const { sample } = filter;
  if (sample >= 1 && !isExcludedRoute) return undefined;
  const facts: SpanFacts[] = [];
  const scenarios = new Set<string>();
  const idOf = ({ traceIdAt }: SpanFacts) => (traceIdAt < 0 ? '' : hex(bytes, traceIdAt));
  visitItems(bytes, (reader) => {
    const span = readSpanFacts(reader);
    facts.push(span);
    if (span.synthetic) scenarios.add(idOf(span));
  });
  return (_, index) => {
    const span = facts[index]!;
    if (span.failed || span.synthetic) return false;
    if (scenarios.size > 0 && scenarios.has(idOf(span))) return false;
    if (isExcludedRoute && span.isServer && span.route !== '' && isExcludedRoute(span.route)) return true;
    return span.traceIdAt >= 0 && sample < 1 && !isSampled(bytes, span.traceIdAt, sample);
  };
}

function leaveOutLogs(bytes: Uint8Array, { filter }: OtlpRules): LeaveOut | undefined {
  const { sample, minSeverity } = filter;
  if (sample >= 1 && minSeverity <= 1) return undefined;
  return (reader) => {
    const { severity, synthetic, annotation, traceIdAt } = readLogFacts(reader);
    // Few, and every backend marks its charts with them.
    if (annotation) return false;
    if (severity < minSeverity) return true;
    if (severity >= ERROR || synthetic) return false;
    return traceIdAt >= 0 && sample < 1 && !isSampled(bytes, traceIdAt, sample);
  };
}

function readMetricName(reader: ProtoReader): string {
  let name = '';
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | BYTES)) name = reader.string();
    else reader.skip(tag & 7);
  }
  return name;
}

function hex(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let index = at; index < at + 16; index++) text += String.fromCharCode(bytes[index]!);
  return text;
}
