import type { StepTo } from '../../testing/step-to.ts';

export const stepTo: StepTo = (address) => ({ tcp: { address, send: 'PING\r\n', receive: { until: '\r\nEND' } } });
