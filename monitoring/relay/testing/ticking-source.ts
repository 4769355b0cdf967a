import { encodeLogs } from '../../otlp/encode-logs.ts';
import type { SourceKind } from '../../sources/source.ts';

/** For tests: hands one log record on as it starts. */
export const tickingSource: SourceKind = {
  type: 'ticking',
  create: ({ name, type }, { clock, append }) => {
    let received = 0;
    return {
      async start() {
        const log = {
          timeNs: BigInt(clock.now()) * 1_000_000n,
          severityNumber: 9,
          severityText: '',
          body: `tick of ${name}`,
          traceId: '',
          spanId: '',
          attributes: {},
          resource: {},
          eventName: '',
          scopeName: '',
        };
        const bytes = encodeLogs([log]);
        await append({ signal: 'logs', encoding: 'otlp', items: 1, receivedAt: clock.now(), bytes });
        received++;
      },
      shutdown: async () => undefined,
      status: () => ({ name, type, healthy: true, last_error: null, received, fetched_up_to: null }),
    };
  },
};
