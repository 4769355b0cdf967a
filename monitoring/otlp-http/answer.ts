import type { Buffer } from 'node:buffer';
import type { HttpAnswer } from '../http/send.ts';
import { BYTES, ProtoReader, VARINT } from '../otlp/proto-reader.ts';

/** What became of one OTLP/HTTP request. */
export type RequestOutcome =
  /** `rejected` items of it were refused for good (partial_success), all others taken. */
  | { kind: 'taken'; rejected: number; reason: string }
  /** The request is wrong and stays so. */
  | { kind: 'refused'; reason: string }
  /** Smaller requests may be taken. */
  | { kind: 'too_large'; reason: string }
  /** To be tried again, whatever was in it. */
  | { kind: 'unavailable'; error: Error };

/**
 * OTLP/HTTP calls 429, 502, 503 and 504 retryable and forbids to retry the rest. Answers that speak of the
 * connection instead of the data (not signed in, no such path, moved) are retried too: what is sent is not at fault, and
 * whoever mends the configuration loses nothing.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
const RETRYABLE = new Set([408, 425, 429, 502, 503, 504]);
const MISCONFIGURED: Record<number, string> = {
  401: 'check the key or token of this backend',
  403: 'the key or token of this backend may not write here',
  404: 'no OTLP endpoint answers at this url',
  405: 'no OTLP endpoint answers at this url',
  407: 'a proxy wants to be signed in to',
};
/** Servers in Go, the OpenTelemetry Collector among them, say this with 400. */
const TOO_LARGE = /(body|request|payload|message) (is )?(too large|larger than)/i;
const LONGEST_REASON = 300;

export function outcomeOf(answer: HttpAnswer, url: string): RequestOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    if (!contentType(answer).startsWith('text/html')) return taken(answer);
    // A page with 200 comes from a proxy that wants a sign-in, or from another server: nothing was stored.
    return { kind: 'unavailable', error: new Error(`${url} answered with a web page (no OTLP endpoint is there)`) };
  }
  const words = messageOf(answer);
  const reason = words === '' ? `answered ${status}` : words;
  if (status === 413 || (status === 400 && TOO_LARGE.test(words))) return { kind: 'too_large', reason };
  const hint =
    MISCONFIGURED[status] ?? (status >= 300 && status < 400 ? 'it has moved: redirects are not followed' : '');
  if (hint !== '' || RETRYABLE.has(status)) {
    const said = words === '' ? '' : `: ${words}`;
    const error = new Error(`${url} answered ${status}${said}${hint === '' ? '' : ` (${hint})`}`);
    return { kind: 'unavailable', error };
  }
  return { kind: 'refused', reason };
}

function taken(answer: HttpAnswer): RequestOutcome {
  const partial = isJson(answer) ? partialOfJson(answer.body) : partialOfProtobuf(answer.body);
  return {
    kind: 'taken',
    rejected: partial.rejected,
    reason: reasonOf(partial.message) || 'refused without a reason (partial_success)',
  };
}

interface Partial {
  rejected: number;
  message: string;
}

const NOTHING: Partial = { rejected: 0, message: '' };

/** ExportXServiceResponse.partial_success (1): rejected_x (1), error_message (2). What is unreadable refuses nothing. */
function partialOfProtobuf(body: Buffer): Partial {
  const partial = { ...NOTHING };
  read(body, (reader, tag) => {
    if (tag !== ((1 << 3) | BYTES)) return false;
    const end = reader.lengthEnd();
    const outer = reader.end;
    reader.end = end;
    while (reader.pos < end) {
      const inner = reader.tag();
      if (inner === ((1 << 3) | VARINT)) partial.rejected = Math.max(0, Number(reader.int64()));
      else if (inner === ((2 << 3) | BYTES)) partial.message = reader.string();
      else reader.skip(inner & 7);
    }
    reader.end = outer;
    return true;
  });
  return partial;
}

function partialOfJson(body: Buffer): Partial {
  const parsed = parse(body) as { partialSuccess?: Record<string, unknown> } | undefined;
  const partial = parsed?.partialSuccess;
  if (typeof partial !== 'object' || partial === null) return NOTHING;
  const rejected = Number(partial.rejectedSpans ?? partial.rejectedDataPoints ?? partial.rejectedLogRecords ?? 0);
  return {
    rejected: Number.isFinite(rejected) ? Math.max(0, rejected) : 0,
    message: typeof partial.errorMessage === 'string' ? partial.errorMessage : '',
  };
}

/** google.rpc.Status.message (2), as protobuf or JSON, or the body where it is a short text. */
function messageOf(answer: HttpAnswer): string {
  if (isJson(answer)) {
    const parsed = parse(answer.body) as { message?: unknown; error?: unknown } | undefined;
    const said = parsed?.message ?? parsed?.error;
    if (typeof said === 'string') return reasonOf(said);
  }
  if (/protobuf/.test(contentType(answer))) {
    let message = '';
    read(answer.body, (reader, tag) => {
      if (tag !== ((2 << 3) | BYTES)) return false;
      message = reader.string();
      return true;
    });
    return reasonOf(message);
  }
  return /^text\/plain/.test(contentType(answer)) ? reasonOf(answer.body.toString('utf8', 0, 2_000)) : '';
}

/** Without ids, so that equal reasons are counted together. */
function reasonOf(text: string): string {
  return text
    .replace(/\b[0-9a-f]{16,}\b/gi, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_REASON);
}

function contentType({ headers }: HttpAnswer): string {
  const type = headers['content-type'];
  return typeof type === 'string' ? type.toLowerCase() : '';
}

function isJson(answer: HttpAnswer): boolean {
  return contentType(answer).includes('json');
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function read(body: Buffer, field: (reader: ProtoReader, tag: number) => boolean): void {
  const reader = new ProtoReader(body);
  try {
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (!field(reader, tag)) reader.skip(tag & 7);
    }
  } catch {
    // An answer that is not the protocol's says nothing beyond its status.
  }
}
