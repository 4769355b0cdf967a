import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

// Without a registered provider these are no-ops, so the API runs the same with and without telemetry.
const tracer = trace.getTracer('reference-api');

/** Runs `work` inside a span of its own; an error is recorded on it and thrown on. */
export function traced<T>(
  name: string,
  attributes: Attributes,
  work: () => Promise<T>,
  kind = SpanKind.INTERNAL,
): Promise<T> {
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A database span as the semantic conventions name it, https://opentelemetry.io/docs/specs/semconv/database/. */
export function tracedQuery<T>(operation: string, table: string, work: () => Promise<T>): Promise<T> {
  const attributes = {
    'db.system.name': 'sqlite',
    'db.operation.name': operation,
    'db.collection.name': table,
  };
  return traced(`${operation} ${table}`, attributes, work, SpanKind.CLIENT);
}
