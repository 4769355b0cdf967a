import { type ReadEvent, readSpanId, readTime, readTraceId, severityOfWord } from './event-fields.ts';

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Node's runtime: time, request, level, words; tabs between. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
const NODE = new RegExp(`^(\\S{20,35})\\t(${ID}|undefined)\\t([A-Z]{3,9})\\t`, 'i');
/** Python's: level in brackets, time, request, words. https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html */
const PYTHON = new RegExp(`^\\[([A-Z]{3,9})\\]\\t(\\S{20,35})\\t(${ID})?\\t`, 'i');
const PYTHON_ERROR = /^\[(ERROR|WARNING|CRITICAL)\] ([\w.]+)(?::\s*(.*))?/;
const PLATFORM = new RegExp(`^(START|END|REPORT|INIT_REPORT) (?:RequestId: (${ID}))?`);

/** Lambda's text forms; anything else is its text, with no level. */
export function readTextEvent(message: string): ReadEvent {
  const text = message.replace(/[\r\n]+$/, '');
  return readNode(text) ?? readPython(text) ?? readPlatform(text) ?? { body: text, attributes: {} };
}

function readNode(text: string): ReadEvent | undefined {
  const parts = NODE.exec(text);
  return parts ? line(text.slice(parts[0].length), parts[1]!, parts[3]!, parts[2]) : undefined;
}

function readPython(text: string): ReadEvent | undefined {
  const parts = PYTHON.exec(text);
  if (parts) return line(text.slice(parts[0].length), parts[2]!, parts[1]!, parts[3]);
  const [, level, type, words] = PYTHON_ERROR.exec(text) ?? [];
  if (level === undefined || type === undefined) return undefined;
  return {
    ...severity(level),
    body: text.slice(level.length + 3).split('\n', 1)[0]!,
    attributes: { 'exception.type': type, 'exception.message': words ?? '', 'exception.stacktrace': text },
  };
}

function readPlatform(text: string): ReadEvent | undefined {
  const parts = PLATFORM.exec(text);
  if (!parts) return undefined;
  const traceId = readTraceId(/XRAY TraceId: (\S+)/.exec(text)?.[1]);
  const spanId = readSpanId(/SegmentId: (\S+)/.exec(text)?.[1]);
  const figure = (name: string) => Number(new RegExp(`\\b${name}: ([\\d.]+) `).exec(text)?.[1] ?? Number.NaN);
  const figures = {
    'aws.lambda.duration_ms': figure('(?<!Billed |Init )Duration'),
    'aws.lambda.max_memory_mb': figure('Max Memory Used'),
  };
  return {
    ...severity('INFO'),
    body: text.replace(/\t/g, ' ').trim(),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined || traceId === undefined ? {} : { spanId }),
    attributes: {
      ...(parts[2] === undefined ? {} : { 'faas.invocation_id': parts[2] }),
      ...Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value))),
    },
  };
}

function line(words: string, time: string, level: string, request: string | undefined): ReadEvent {
  const timeNs = readTime(time);
  // An error that nobody caught is a line whose words are JSON.
  const [, errorType, errorMessage] = /"errorType":"([^"]+)","errorMessage":"((?:[^"\\]|\\.)*)"/.exec(words) ?? [];
  return {
    ...(timeNs === undefined ? {} : { timeNs }),
    ...severity(level),
    body: words,
    attributes: {
      ...(request === undefined || request === 'undefined' ? {} : { 'faas.invocation_id': request }),
      ...(errorType === undefined ? {} : { 'exception.type': errorType, 'exception.message': errorMessage ?? '' }),
    },
  };
}

function severity(word: string): { severityNumber?: number; severityText?: string } {
  const severityNumber = severityOfWord(word);
  return severityNumber === 0 ? {} : { severityNumber, severityText: word };
}
