import { afterAll, expect, test } from '@jest/globals';
import { propagation, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { observe } from './testing/observed-app.ts';

// Globals of the API live as long as the process, so this stands in a file, and thereby a realm, of its own.
const exporter = new InMemorySpanExporter();
const sdk = new NodeSDK({
  serviceName: 'own',
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();
afterAll(() => sdk.shutdown());

test('an OpenTelemetry that the app set up stays in charge of the handlers’ spans', async () => {
  const observed = await observe(
    (app) =>
      void app.get('/', async () => {
        trace.getTracer('t').startSpan('child').end();
        return { tenant: propagation.getActiveBaggage()?.getEntry('tenant')?.value };
      }),
  );
  const answer = await fetch(observed.url, { headers: { baggage: 'tenant=blue' } });
  expect(await answer.json()).toEqual({ tenant: 'blue' });
  await observed.finish();
  const [server] = observed.collector.spans;
  const [child] = exporter.getFinishedSpans();
  expect(observed.collector.spans.map(({ name }) => name)).toEqual(['GET /']);
  expect(child?.parentSpanContext?.spanId).toBe(server?.spanId);
  expect(child?.spanContext().traceId).toBe(server?.traceId);
  expect(observed.collector.histograms).toHaveLength(1);
});
