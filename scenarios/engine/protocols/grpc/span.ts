import type { StepResult } from '../../../run-result.ts';
import type { SpanWords } from '../protocol.ts';
import { serverAttributes } from '../span-words.ts';

/** OpenTelemetry semantic conventions, RPC client spans of gRPC. */
export function grpcSpan(step: StepResult): SpanWords {
  const { request, response } = step;
  if (!request) return { name: step.name, attributes: {} };
  const [service, method] = request.route.split('/', 2);
  const attributes = {
    'rpc.system': 'grpc',
    'rpc.service': service,
    'rpc.method': method,
    'rpc.grpc.status_code': response?.status,
  };
  return { name: request.route, attributes: { ...serverAttributes(step), ...attributes } };
}
