import type { StepResult } from '../../../run-result.ts';
import type { SpanWords } from '../protocol.ts';
import { serverAttributes } from '../span-words.ts';
import { statusName } from './status.ts';

/** OpenTelemetry semantic conventions, gRPC client spans. */
export function grpcSpan(step: StepResult): SpanWords {
  const { request, response, error } = step;
  if (!request) return { name: step.name, attributes: {} };
  const [service, method] = request.route.split('/');
  const status = response?.status ?? null;
  return {
    name: request.route,
    attributes: {
      ...serverAttributes(step),
      'rpc.system': 'grpc',
      'rpc.service': service,
      'rpc.method': method,
      'rpc.grpc.status_code': status,
      'error.type': error?.code ?? (status ? statusName(status) : null),
    },
  };
}
