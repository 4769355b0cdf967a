export { decodeLogs } from './decode-logs.ts';
export { decodeMetrics } from './decode-metrics.ts';
export { decodeTraces } from './decode-traces.ts';
export * from './model.ts';
