/** Fields that tell of the moment, the message or the machine that answered, not of the resource. */
const OF_THE_MOMENT = new Set([
  'age',
  'cf-ray',
  'content-length',
  'date',
  'etag',
  'expires',
  'keep-alive',
  'last-modified',
  'server-timing',
  'set-cookie',
  'traceparent',
  'tracestate',
  'x-amz-cf-id',
  'x-amzn-trace-id',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-cache',
  'x-cache-hits',
  'x-correlation-id',
  'x-response-time',
  'x-runtime',
  'x-served-by',
  'x-timer',
]);
const REQUEST_ID = /^(?:x-)?(?:[a-z0-9]+-)*(?:request|trace|correlation|transaction)-?id$/;
const RATE_LIMIT = /^(?:x-)?ratelimit(?:-.+)?$/;

/** Whether a response header differs from answer to answer by its nature, however few runs there are to tell by. */
export function differsByNature(name: string): boolean {
  return OF_THE_MOMENT.has(name) || REQUEST_ID.test(name) || RATE_LIMIT.test(name);
}
