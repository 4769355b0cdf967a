export { decodeLogs } from './decode-logs.ts';
export { decodeMetrics } from './decode-metrics.ts';
export { decodeTraces } from './decode-traces.ts';
export { encodeJson } from './encode-json.ts';
export { encodeLogs } from './encode-logs.ts';
export { encodeMetrics } from './encode-metrics.ts';
export { encodeTraces } from './encode-traces.ts';
export { countItems, type Inspection, inspect } from './inspect.ts';
export * from './model.ts';
