import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ResponseParser } from './response-parser.ts';

/** What came of a response that arrived in these pieces, and whether the connection was closed after it. */
function parse(pieces: readonly (string | Buffer)[], { method = 'GET', limit = 1_000, close = false } = {}) {
  const parser = new ResponseParser(method, limit);
  for (const piece of pieces) {
    const bytes = Buffer.from(piece as string, 'latin1');
    parser.push(bytes, bytes.length);
    // The bytes belong to the connection, which reads the next ones into the same place.
    bytes.fill(0);
    if (parser.over) break;
  }
  if (close) parser.end();
  const { status, headers, reusable, problem, over } = parser;
  return {
    status,
    headers,
    reusable,
    problem: problem?.detail ?? null,
    kind: problem?.kind,
    over,
    body: parser.body().toString('latin1'),
  };
}

const head = (fields: string, line = 'HTTP/1.1 200 OK') => `${line}\r\n${fields}\r\n`;

describe('a response', () => {
  test.each([
    ['with a length', `${head('content-length: 5\r\n')}hello`, 'hello', true],
    ['with a length and a body of none', head('Content-Length: 0\r\n'), '', true],
    ['in chunks', `${head('transfer-encoding: Chunked\r\n')}5\r\nhello\r\n1;a="b"\r\n!\r\n00\r\n\r\n`, 'hello!', true],
    [
      'in chunks with trailers',
      `${head('transfer-encoding: chunked\r\n')}A\r\n0123456789\r\n0\r\nx: y\r\nz: \r\n\r\n`,
      '0123456789',
      true,
    ],
    ['that says it closes', `${head('connection: Keep-Alive, Close\r\ncontent-length: 1\r\n')}a`, 'a', false],
    ['of HTTP/1.0', `${head('content-length: 1\r\n', 'HTTP/1.0 200 OK')}a`, 'a', false],
    [
      'of HTTP/1.0 that stays',
      `${head('connection: keep-alive\r\ncontent-length: 1\r\n', 'HTTP/1.0 200')}a`,
      'a',
      true,
    ],
    ['without a reason', `${head('content-length: 1\r\n', 'HTTP/1.1 200')}a`, 'a', true],
    [
      'after interim ones',
      head('', 'HTTP/1.1 100 Continue') +
        head('link: </x>\r\n', 'HTTP/1.1 103 Hints') +
        head('content-length: 1\r\n') +
        'a',
      'a',
      true,
    ],
    ['204, whatever its length', head('content-length: 5\r\n', 'HTTP/1.1 204 No Content'), '', true],
    ['304, whatever its length', head('content-length: 5\r\n', 'HTTP/1.1 304 Not Modified'), '', true],
    ['followed by what nobody asked for', `${head('content-length: 1\r\n')}aHTTP/1.1 200 OK\r\n\r\n`, 'a', false],
    ['bytes after a 204', `${head('', 'HTTP/1.1 204 No Content')}x`, '', false],
  ])('%s', (_what, text, body, reusable) => {
    expect(parse([text])).toMatchObject({ problem: null, over: true, body, reusable });
  });

  test('without a length ends with the connection', () => {
    expect(parse([head(''), 'all of', ' it'])).toMatchObject({ over: false });
    expect(parse([head(''), 'all of', ' it'], { close: true })).toMatchObject({
      problem: null,
      body: 'all of it',
      reusable: false,
    });
  });

  test('to HEAD has no body, whatever its length', () => {
    expect(parse([head('content-length: 100000\r\n')], { method: 'HEAD' })).toMatchObject({
      problem: null,
      over: true,
      reusable: true,
    });
  });

  test('keeps header values apart and as they are', () => {
    const fields =
      'Set-Cookie: a=1\r\nset-cookie:b=2 \r\nX-Latin: gr\u00fc\u00df\r\nx-folded: one\r\n  two\r\nempty:\r\n__proto__: x\r\nconstructor: y\r\n';
    const { headers } = parse([head(`${fields}content-length: 0\r\n`)]);
    expect(headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'x-latin': 'gr\u00fc\u00df',
      'x-folded': 'one two',
      empty: '',
    });
    expect(Object.hasOwn(headers, '__proto__')).toBe(true);
    expect(headers.constructor).toBe('y');
  });
});

describe('what could be read in two ways is refused', () => {
  test.each([
    ['length and chunks', head('content-length: 5\r\ntransfer-encoding: chunked\r\n')],
    ['two lengths', head('content-length: 5\r\ncontent-length: 6\r\n')],
    ['one length twice', head('content-length: 5\r\ncontent-length: 5\r\n')],
    ['a list of lengths', head('content-length: 5, 5\r\n')],
    ['a negative length', head('content-length: -1\r\n')],
    ['a signed length', head('content-length: +1\r\n')],
    ['a hexadecimal length', head('content-length: 0x5\r\n')],
    ['an empty length', head('content-length: \r\n')],
    ['a huge length', head('content-length: 99999999999999999999\r\n')],
    ['chunks twice', head('transfer-encoding: chunked, chunked\r\n')],
    ['another coding', head('transfer-encoding: gzip, chunked\r\n')],
    ['chunks by another name', head('transfer-encoding: xchunked\r\n')],
    ['chunks in HTTP/1.0', head('transfer-encoding: chunked\r\n', 'HTTP/1.0 200 OK')],
    ['a space before the colon', head('content-length : 5\r\n')],
    ['a header without a name', head(': 5\r\n')],
    ['a header without a colon', head('content-length\r\n')],
    ['white space before the first header', head(' content-length: 5\r\n')],
    ['a bare LF', 'HTTP/1.1 200 OK\ncontent-length: 5\n\n\r\n\r\n'],
    ['a bare CR', head('x: a\rb\r\n')],
    ['a NUL', head('x: a\u0000b\r\n')],
    ['another version', head('', 'HTTP/2.0 200 OK')],
    ['a status of two digits', head('', 'HTTP/1.1 20 OK')],
    ['a status of four digits', head('', 'HTTP/1.1 2000 OK')],
    ['switching protocols', head('upgrade: x\r\n', 'HTTP/1.1 101 Switching Protocols')],
    ['no chunk size', `${head('transfer-encoding: chunked\r\n')}\r\nhello`],
    ['a chunk size that is none', `${head('transfer-encoding: chunked\r\n')}zz\r\nhello\r\n`],
    ['a negative chunk size', `${head('transfer-encoding: chunked\r\n')}-1\r\n`],
    ['a chunk size with a space', `${head('transfer-encoding: chunked\r\n')}5 \r\nhello\r\n`],
    ['a chunk size in 64 bits', `${head('transfer-encoding: chunked\r\n')}ffffffffffffffff\r\n`],
    ['a chunk size that ends in LF', `${head('transfer-encoding: chunked\r\n')}5\nhello\r\n`],
    ['an extension with a LF', `${head('transfer-encoding: chunked\r\n')}5;a\nb\r\nhello\r\n`],
    ['a chunk longer than it says', `${head('transfer-encoding: chunked\r\n')}2\r\nhello\r\n`],
    ['broken trailers', `${head('transfer-encoding: chunked\r\n')}0\r\nno colon\r\n\r\n`],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a TLS alert', '\u0015\u0003\u0001\u0000\u0002\u0002F'],
  ])('%s', (_what, text) => {
    expect(parse([text])).toMatchObject({
      kind: 'malformed',
      problem: expect.any(String),
      reusable: false,
      over: true,
    });
    expect(parse([...text])).toMatchObject({ kind: 'malformed' });
  });

  test('more headers than 16 KiB, in one or many, in one piece or many', () => {
    const flood = `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`;
    expect(parse([flood])).toMatchObject({ kind: 'headers_too_large' });
    expect(parse([`${flood}\r\n`])).toMatchObject({ kind: 'headers_too_large' });
    expect(parse([...`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}`])).toMatchObject({ kind: 'headers_too_large' });
  });

  test('interim responses, trailers and extensions without end', () => {
    expect(parse(new Array(200).fill('HTTP/1.1 103 Early Hints\r\n\r\n'))).toMatchObject({ kind: 'malformed' });
    const chunked = `${head('transfer-encoding: chunked\r\n')}`;
    expect(parse([`${chunked}0\r\n${'a: b\r\n'.repeat(10_000)}`])).toMatchObject({ kind: 'malformed' });
    expect(parse([`${chunked}1;${'a'.repeat(10_000)}`])).toMatchObject({ kind: 'malformed' });
  });

  test('a body past the limit ends there, announced or not', () => {
    expect(parse([head('content-length: 1001\r\n')])).toMatchObject({ kind: 'body_too_large' });
    expect(parse([`${head('transfer-encoding: chunked\r\n')}3e9\r\n`])).toMatchObject({ kind: 'body_too_large' });
    expect(parse([head(''), 'a'.repeat(600), 'a'.repeat(600)])).toMatchObject({ kind: 'body_too_large' });
  });
});

const valid = [
  `${head('content-length: 11\r\nx: y\r\n')}hello world`,
  `${head('', 'HTTP/1.1 100 Continue')}${head('transfer-encoding: chunked\r\n')}5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nt: u\r\n\r\n`,
  head('', 'HTTP/1.1 204 No Content'),
];

test('a response reads the same whatever pieces it comes in', () => {
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...valid), cuts, (text, places) => {
      const at = [0, ...places.filter((place) => place < text.length).sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
      expect(parse(pieces)).toEqual(parse([text]));
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

test('a response cut at any byte is never taken for a whole one', () => {
  for (const text of valid) {
    for (let length = 0; length < text.length; length++) {
      expect(parse([text.slice(0, length)], { close: true })).toMatchObject({
        over: true,
        kind: expect.stringMatching(/closed|malformed/),
      });
    }
  }
});

test('a response with any byte changed is read or refused, and never reads past its end', () => {
  const text = valid[1]!;
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const bytes = Buffer.from(text, 'latin1');
      bytes[at] = byte;
      const parser = new ResponseParser('GET', 1_000);
      parser.push(bytes, bytes.length);
      parser.end();
      expect(parser.over).toBe(true);
      expect(parser.receivedBytes).toBeLessThanOrEqual(text.length);
    }),
    { seed: 4, numRuns: 2_000 },
  );
});

test('a million chunks of one byte cost no more memory than a million bytes', () => {
  const parser = new ResponseParser('GET', 10 * 2 ** 20);
  const opening = Buffer.from(head('transfer-encoding: chunked\r\n'));
  parser.push(opening, opening.length);
  const before = process.memoryUsage();
  const chunk = Buffer.from('1\r\na\r\n'.repeat(1_000));
  for (let count = 0; count < 1_000; count++) parser.push(chunk, chunk.length);
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  expect(parser.receivedBytes).toBe(1_000_000);
  expect(arrayBuffers - before.arrayBuffers + (heapUsed - before.heapUsed)).toBeLessThan(40 * 2 ** 20);
});
