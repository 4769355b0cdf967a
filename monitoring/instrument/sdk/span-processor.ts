import { type Context, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Shipper } from '../export/shipper.ts';
import { writeReadableSpan } from '../protobuf/span.ts';
import { requestSpanOf } from '../server/request-context.ts';

interface Destination {
  shipper: Shipper;
  urgent: boolean;
}

/**
 * Takes the spans of handlers. Unlike BatchSpanProcessor, whose queue of 2,048 spans drops silently, it encodes each
 * span when it ends, and the outbox counts what it cannot hold. A span goes where its request goes; one without a
 * request to `fallback`, and nowhere when no app is left.
 */
export class ShippingSpanProcessor implements SpanProcessor {
  readonly #destinations = new WeakMap<object, Destination>();
  readonly #fallback: () => Shipper | undefined;

  constructor(fallback: () => Shipper | undefined) {
    this.#fallback = fallback;
  }

  onStart(span: Span, parentContext: Context): void {
    const request = requestSpanOf(parentContext);
    if (request) this.#destinations.set(span, { shipper: request.shipper, urgent: request.synthetic });
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    const destination = this.#destinations.get(span);
    const shipper = destination?.shipper ?? this.#fallback();
    if (!shipper) return;
    const lane = shipper.spans.lane(span.instrumentationScope);
    writeReadableSpan(lane.writer, span);
    shipper.addedSpan(lane);
    if (destination?.urgent) shipper.shipSoon();
  }

  async forceFlush(): Promise<void> {
    this.#fallback()?.flush();
  }

  async shutdown(): Promise<void> {}
}
