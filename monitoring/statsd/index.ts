export { StatsdForwarder, type StatsdForwarderOptions } from './forward.ts';
export { GaugeState } from './gauge-state.ts';
export { MAX_LINE_LENGTH, parseStatsd, type StatsdMetric } from './parse.ts';
export { StatsdSender, type StatsdSenderOptions } from './send.ts';
export { parseStatsdUrl, type StatsdTarget } from './target.ts';
export { statsdToPoints } from './to-points.ts';
export { countStatsd, decodeStatsd, walkStatsd } from './walk.ts';
