export { decodeLogs } from './decode-logs.ts';
export { decodeMetrics } from './decode-metrics.ts';
export { decodeTraces } from './decode-traces.ts';
export { encodeJson } from './encode-json.ts';
export { countItems, type Inspection, inspect } from './inspect.ts';
export * from './model.ts';
