import { describe, expect, test } from '@jest/globals';
import { type RequestParts, requestMessage, requestProblem } from './request-head.ts';

const parts = (more: Partial<RequestParts>): RequestParts => ({
  method: 'GET',
  url: new URL('http://api.example:8080/a'),
  headers: {},
  body: null,
  ...more,
});
/** As the bytes that go over the connection. */
const sent = (more: Partial<RequestParts>) => Buffer.from(requestMessage(parts(more), '/a') as string, 'latin1');

describe('a request on the wire', () => {
  test('names its host and, where a body is expected, its length', () => {
    expect(sent({}).toString()).toBe('GET /a HTTP/1.1\r\nhost: api.example:8080\r\n\r\n');
    expect(sent({ method: 'POST' }).toString()).toBe(
      'POST /a HTTP/1.1\r\nhost: api.example:8080\r\ncontent-length: 0\r\n\r\n',
    );
    expect(sent({ headers: { Host: 'other', 'Content-Length': '2' }, body: 'hi' }).toString()).toBe(
      'GET /a HTTP/1.1\r\nHost: other\r\ncontent-length: 2\r\n\r\nhi',
    );
  });

  test.each([
    ['ASCII', 'hello', 5],
    ['UTF-8', 'grüß 한', 10],
    ['surrogates', '🔒', 4],
    ['bytes', new Uint8Array([0, 255, 128]), 3],
  ])('carries %s', (_what, body, length) => {
    const text = sent({ method: 'POST', body, headers: { 'x-name': 'gr\u00fc\u00df' } });
    const [head, ...rest] = text.toString('latin1').split('\r\n\r\n');
    expect(head).toContain(`content-length: ${length}`);
    expect(head).toContain('x-name: gr\u00fc\u00df');
    expect(Buffer.from(rest.join(''), 'latin1')).toEqual(Buffer.from(body as string));
  });
});

test.each<[Partial<RequestParts>, RegExp | null]>([
  [{ headers: { 'x-a': 'b', 'content-length': '2' }, body: 'hi' }, null],
  [{ headers: { 'content-length': '3' }, body: 'hi' }, /not the length/],
  [{ headers: { 'x-a': 'b\r\nx-c: d' } }, /cannot carry/],
  [{ headers: { 'x-a': 'b\nGET / HTTP/1.1' } }, /cannot carry/],
  [{ headers: { 'x-a': '한' } }, /cannot carry/],
  [{ headers: { 'x a': 'b' } }, /no header name/],
  [{ headers: { 'x\r\n': 'b' } }, /no header name/],
  [{ headers: { '': 'b' } }, /no header name/],
  [{ headers: { 'Transfer-Encoding': 'chunked' } }, /not for a scenario/],
  [{ headers: { expect: '100-continue' } }, /not for a scenario/],
  [{ method: 'GET / HTTP/1.1\r\nx:' }, /no method/],
])('%j is sent only where it is one request', (more, problem) => {
  for (const again of [1, 2]) {
    const found = requestProblem(parts(more));
    if (problem) expect(found).toMatch(problem);
    else expect([again, found]).toEqual([again, null]);
  }
});
