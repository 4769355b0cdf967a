import { trace } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Shipper } from '../export/shipper.ts';
import { shippingReader } from './metrics.ts';
import { ShippingSpanProcessor } from './span-processor.ts';

/**
 * The API's globals exist once per process and tracers are kept in module constants, so the SDK behind them is started
 * once and stays, while apps come and go. `shippers` are the apps that live, the latest last.
 */
const shippers: Shipper[] = [];
let started: 'here' | 'by the app' | undefined;

const latest = () => shippers.at(-1);

/**
 * Starts sdk-node, so that handlers' spans and metrics and context propagation work through @opentelemetry/api.
 * Returns false where the app has set OpenTelemetry up before: its provider, propagators and exporters stay in charge.
 */
export function joinSdk(shipper: Shipper, resource: Resource): boolean {
  shippers.push(shipper);
  if (started === undefined) {
    started = tracingIsSetUp() ? 'by the app' : 'here';
    if (started === 'here') {
      new NodeSDK({
        resource,
        autoDetectResources: false,
        spanProcessors: [new ShippingSpanProcessor(latest)],
        metricReaders: [shippingReader(latest, [])],
        logRecordProcessors: [],
      }).start();
    }
  }
  return started === 'here';
}

export function leaveSdk(shipper: Shipper): void {
  const index = shippers.indexOf(shipper);
  if (index >= 0) shippers.splice(index, 1);
}

/** A provider that is set makes tracers whose spans have ids; the API's own placeholder makes spans without. */
function tracingIsSetUp(): boolean {
  const probe = trace.getTracer('ringdown-probe').startSpan('probe', { root: true });
  return probe.spanContext().traceId !== '0'.repeat(32);
}
