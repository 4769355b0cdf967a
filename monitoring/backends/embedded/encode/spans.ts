import { type DecodedSpan, httpStatusOf } from '../../../otlp/index.ts';
import { AttributeSplitter, Interner } from '../interner.ts';
import { clampNs, hexToLong, text, toJson } from '../values.ts';
import type { Dictionary, NextIds } from './dictionary.ts';
import { type Encoded, widen } from './encoded.ts';

const METHOD = 'http.request.method';
const ROUTE = 'http.route';
const STATUS = 'http.response.status_code';
const SYNTHETIC = 'user_agent.synthetic.type';
const SERVER = 2;

export class SpanEncoder {
  readonly #dictionary: Dictionary;
  readonly #groups: Interner;
  readonly #shapes: Interner;
  readonly #splitter = new AttributeSplitter([METHOD, ROUTE, STATUS, SYNTHETIC]);

  constructor(dictionary: Dictionary, next: NextIds) {
    this.#dictionary = dictionary;
    this.#groups = new Interner(next.span_groups);
    this.#shapes = new Interner(next.span_shapes);
  }

  push(span: DecodedSpan, batch: bigint, encoded: Encoded): void {
    const startNs = clampNs(span.startNs);
    const endNs = clampNs(span.endNs);
    const resource = this.#dictionary.resource(span.resource, startNs, encoded.rows);
    const splitter = this.#splitter;
    splitter.split(span.attributes);
    const key = `${splitter.key}\u0001${resource.id} ${span.kind} ${span.statusCode} ${span.name}`;
    const shape = this.#shapes.intern(key, (id) => this.#writeShape(id, span, resource, encoded));
    widen(encoded, startNs);
    encoded.rows.spans.push([
      batch,
      hexToLong(span.traceId, 0),
      hexToLong(span.traceId, 16),
      hexToLong(span.spanId, 0),
      hexToLong(span.parentSpanId, 0),
      shape,
      startNs,
      endNs > startNs ? endNs - startNs : 0n,
      splitter.rest,
      span.events.length === 0
        ? null
        : toJson(span.events.map((event) => ({ ...event, timeNs: clampNs(event.timeNs).toString() }))),
      span.statusMessage === '' ? null : span.statusMessage,
    ]);
  }

  #writeShape(id: number, span: DecodedSpan, resource: { id: number; service: string }, encoded: Encoded): void {
    const { attributes } = span;
    const method = text(attributes[METHOD]);
    // A request that matched no route has none; a span of another protocol is known by its name.
    const route = method === '' ? text(attributes[ROUTE]) || span.name : text(attributes[ROUTE]);
    const synthetic = SYNTHETIC in attributes;
    const status = httpStatusOf(attributes);
    const httpStatus = Number.isInteger(status) && status >= 0 && status < 65_536 ? status : null;
    const group = this.#groups.intern(`${resource.service}\0${method}\0${route}\0${synthetic}`, (created) =>
      encoded.rows.spanGroups.push([created, resource.service, method, route, synthetic]),
    );
    encoded.rows.spanShapes.push([
      id,
      resource.id,
      group,
      span.kind,
      span.name,
      span.statusCode,
      httpStatus,
      httpStatus === null ? span.kind === SERVER && span.statusCode === 2 : httpStatus >= 500,
      this.#splitter.shared(attributes),
    ]);
  }

  forget(): void {
    this.#groups.forget();
    this.#shapes.forget();
  }
}
