export { GaugeState } from './gauge-state.ts';
export { MAX_LINE_LENGTH, parseStatsd, type StatsdMetric } from './parse.ts';
export { statsdToPoints } from './to-points.ts';
export { countStatsd, decodeStatsd, walkStatsd } from './walk.ts';
