import type { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { toError } from '../../../core/errors.ts';
import type { Signal } from '../../exporter.ts';
import { encodeJson, inspect } from '../../otlp/index.ts';
import type { NewRecord } from '../spool/record.ts';
import type { Encoding } from './answer.ts';
import { BodyBudget } from './body.ts';
import type { CardinalityGuard } from './cardinality.ts';
import { excessOf } from './json-excess.ts';
import { limitPoints } from './limit-points.ts';
import { Refusal, toRefusal } from './refusal.ts';

export interface OtlpIntakeOptions {
  /** Required of every request where given. */
  token: string | undefined;
  /** Of one body, uncompressed. */
  maxBodyBytes: number;
  cardinality: CardinalityGuard;
  now(): number;
  append(record: NewRecord): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

/** What an answer says about items that were not taken. */
export interface Taken {
  invalid: number;
  /** Empty where there are none. */
  reason: string;
}

const INVALID_ITEMS: Record<Signal, string> = {
  traces: 'spans need a trace id of 16 bytes and a span id of 8, not all zero',
  metrics: 'invalid data points',
  logs: 'ids of log records have 16 and 8 bytes',
};
/** Of one request. Senders batch a few thousand; millions of empty items would hold everybody up for seconds. */
const MAX_ITEMS = 200_000;
/** More than the deepest message takes that is accepted, and twice what attributes of one character take in 8 MiB. */
const JSON_LIMITS = { depth: 320, containers: 1_000_000 };

/** What OTLP over HTTP and over gRPC have in common: who may send, what is taken, and how much at one time. */
export class OtlpIntake {
  readonly #options: OtlpIntakeOptions;
  readonly #tokenDigest: Buffer | undefined;
  /** Shared by all requests of both. */
  readonly budget: BodyBudget;
  readonly maxBodyBytes: number;
  requests = 0;
  refused = 0;

  constructor(options: OtlpIntakeOptions) {
    this.#options = options;
    this.maxBodyBytes = options.maxBodyBytes;
    this.budget = new BodyBudget(8 * options.maxBodyBytes);
    this.#tokenDigest = options.token === undefined ? undefined : digest(`Bearer ${options.token}`);
  }

  /** @throws Refusal 401 or 403 */
  admit(headers: { authorization?: string | undefined; origin?: string | string[] | undefined }): void {
    if (this.#tokenDigest && !timingSafeEqual(digest(headers.authorization ?? ''), this.#tokenDigest)) {
      throw new Refusal(401, 'a bearer token is required');
    }
    // Browsers name the origin of every POST. No page is meant to send here, and one that makes its own host name point
    // to this machine (DNS rebinding) is asked for no permission.
    if (!this.#tokenDigest && headers.origin !== undefined) {
      throw new Refusal(403, 'web pages may not send telemetry without a token');
    }
  }

  /** Checks a body and resolves once it is durable. Rejects with a Refusal, or what `explain` makes one of. */
  async take(signal: Signal, encoding: Encoding, body: Buffer): Promise<Taken> {
    const { items, invalid, bytes } = inspect(signal, encoding === 'json' ? toProtobuf(signal, body) : body, MAX_ITEMS);
    if (items > 0) {
      const kept = signal === 'metrics' ? limitPoints(bytes, this.#options.cardinality) : bytes;
      await this.#options.append({ signal, encoding: 'otlp', items, receivedAt: this.#options.now(), bytes: kept });
    }
    return { invalid, reason: invalid > 0 ? `${invalid} refused: ${INVALID_ITEMS[signal]}` : '' };
  }

  /** Counts a request that was not taken and says why, in words that may be told to anybody. */
  explain(thrown: unknown): Refusal {
    this.refused++;
    const error = toError(thrown);
    const refusal = toRefusal(error);
    if (!refusal) this.log('error', `OTLP receiver: ${error.stack}`);
    return refusal ?? new Refusal(503, 'internal error', 5);
  }

  log(level: 'warn' | 'error', message: string): void {
    this.#options.log(level, message);
  }
}

function toProtobuf(signal: Signal, body: Buffer): Uint8Array {
  const excess = excessOf(body, JSON_LIMITS);
  if (excess) throw new Refusal(400, `the body ${excess}`);
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Refusal(400, `the body is not JSON: ${toError(error).message}`);
  }
  return encodeJson(signal, json, MAX_ITEMS);
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
