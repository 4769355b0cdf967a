export { MAX_LINE_LENGTH, parseStatsd, type StatsdMetric } from './parse.ts';
export { decodeStatsd, walkStatsd } from './walk.ts';
