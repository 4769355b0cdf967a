import { expect, test } from '@jest/globals';
import { parseTraceparent } from './traceparent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a valid header names the parent and the sampling decision', () => {
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.traceFlags).toBe(0);
});

test('a later version may append fields', () => {
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-more`)?.traceId).toBe(TRACE);
});

test.each([
  '',
  'garbage',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.slice(1)}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-0x`,
  `00-${TRACE}-${SPAN}-011`,
])('%j begins a new trace', (header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});
