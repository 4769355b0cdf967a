import type { DecodedLog } from '../../../otlp/index.ts';
import { severityOf } from '../../../otlp/severity.ts';
import type { Attributes } from '../../../telemetry.ts';
import { AttributeSplitter, Interner } from '../interner.ts';
import { clampNs, hexToLong, msToNs, text, toJson } from '../values.ts';
import type { Dictionary } from './dictionary.ts';
import { type Encoded, widen } from './encoded.ts';

const EXCEPTION = ['exception.type', 'exception.message', 'exception.stacktrace'] as const;

export class LogEncoder {
  readonly #dictionary: Dictionary;
  readonly #shapes: Interner;
  readonly #splitter = new AttributeSplitter([]);

  constructor(dictionary: Dictionary, next: number) {
    this.#dictionary = dictionary;
    this.#shapes = new Interner(next);
  }

  /** @param receivedAt Unix milliseconds; dates a record whose sender gave no time */
  push(log: DecodedLog, receivedAt: number, batch: bigint, encoded: Encoded): void {
    const timeNs = log.timeNs > 0n ? clampNs(log.timeNs) : msToNs(receivedAt);
    const resource = this.#dictionary.resource(log.resource, timeNs, encoded.rows);
    const exception = EXCEPTION.map((name) => (name in log.attributes ? text(log.attributes[name]) : null));
    const attributes = withoutException(log);
    this.#splitter.split(attributes);
    const shape = this.#shapes.intern(`${this.#splitter.key}\u0001${resource.id}`, (id) =>
      encoded.rows.logShapes.push([id, resource.id, this.#splitter.shared(attributes)]),
    );
    widen(encoded, timeNs);
    encoded.rows.logs.push([
      batch,
      timeNs,
      severityOf(log),
      shape,
      hexToLong(log.traceId, 0),
      hexToLong(log.traceId, 16),
      hexToLong(log.spanId, 0),
      typeof log.body === 'string' ? log.body : log.body === null ? '' : toJson(log.body),
      ...(exception as [string | null, string | null, string | null]),
      this.#splitter.rest,
    ]);
  }

  forget(): void {
    this.#shapes.forget();
  }
}

function withoutException(log: DecodedLog): Attributes {
  if (log.eventName === '' && !EXCEPTION.some((name) => name in log.attributes)) return log.attributes;
  const rest = Object.create(null) as Attributes;
  for (const name in log.attributes)
    if (!(EXCEPTION as readonly string[]).includes(name)) rest[name] = log.attributes[name]!;
  if (log.eventName !== '') rest['event.name'] = log.eventName;
  return rest;
}
