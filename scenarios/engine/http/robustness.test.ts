import { once } from 'node:events';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_CONNECTION } from './connection.ts';
import type { HttpRequest } from './http-session.ts';
import { forever, get, listen, serve, serveRaw, session } from './testing/peers.ts';
import { TimeUp } from './time-up.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Asks once, with so much time; fails the test where the answer takes longer than that. */
async function ask(port: number, limitMs: number, more: Partial<HttpRequest> = {}) {
  const origin = `http://127.0.0.1:${port}`;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new TimeUp(limitMs)), limitMs);
  const before = performance.now();
  const { response, error } = await session([origin], { bodyLimitBytes: 2 ** 20 }).exchange(
    get(origin, more),
    limit.signal,
  );
  clearTimeout(timer);
  expect(performance.now() - before).toBeLessThan(limitMs + 10_000);
  expect((response === null) !== (error === null)).toBe(true);
  return { response, error };
}

describe('a server that closes at any byte of a valid response', () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
  test.each([
    ['with a length', OK, 'ok'],
    ['in chunks', chunked, 'hello'],
  ])('%s', async (_what, text, body) => {
    let length = 0;
    const port = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.once('data', () => (length === 0 ? socket.destroy() : socket.end(text.slice(0, length))));
      }),
    );
    for (length = 0; length < text.length; length++) {
      const { error } = await ask(port, 5_000);
      expect(error?.code).toMatch(/CONNECTION_RESET|BODY_TRUNCATED|INVALID_RESPONSE/);
    }
    expect((await ask(port, 5_000)).response!.body.toString()).toBe(body);
  });
});

describe('time', () => {
  /** Sends a byte again and again, as slowly as the clock allows. */
  const drip = (opening: string, byte: string) =>
    serveRaw(opening, (socket: Socket) => {
      const timer = setInterval(() => socket.write(byte), 2);
      socket.on('close', () => clearInterval(timer));
    });

  test.each([
    ['headers', 'HTTP/1.1 200 OK\r\nx: ', 'a'],
    ['interim responses', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 ', 'a'],
    ['a body', 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'a'],
    ['a chunk extension', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;', 'a'],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'],
    ['a body without end', 'HTTP/1.1 200 OK\r\n\r\n', 'a'],
  ])('is up however slowly %s come', async (_what, opening, byte) => {
    const { error } = await ask(await drip(opening, byte), 60);
    expect(error).toMatchObject({ kind: 'timeout', code: 'TIMEOUT' });
  });

  test('is up for all exchanges of a signal, and those that came later', async () => {
    const port = await listen(createTcpServer(() => {}));
    const origin = `http://127.0.0.1:${port}`;
    const http = session([origin]);
    const limit = new AbortController();
    const three = [1, 2, 3].map((n) => http.exchange(get(`${origin}/${n}`), limit.signal));
    setTimeout(() => limit.abort(new TimeUp(30)), 30);
    for (const { error } of await Promise.all(three)) expect(error).toMatchObject({ kind: 'timeout' });
    expect((await http.exchange(get(origin), limit.signal)).error).toMatchObject({ kind: 'timeout' });
  });

  test('a session that is closed ends what is on its way', async () => {
    const port = await listen(createTcpServer(() => {}));
    const origin = `http://127.0.0.1:${port}`;
    const http = session([origin]);
    const waiting = http.exchange(get(origin), forever);
    await http.close();
    expect((await waiting).error).toMatchObject({ kind: 'network' });
  });
});

describe('compressed bombs', () => {
  const zeros = Buffer.alloc(64 * 2 ** 20);
  test.each([
    ['gzip', gzipSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { 0: 0, 1: 1 } })],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ])('%s', async (coding, compress) => {
    const bomb = compress(zeros);
    expect(bomb.length).toBeLessThan(2 ** 20);
    const port = await serve((_request, response) => {
      response.setHeader('content-encoding', coding);
      response.end(bomb);
    });
    const { error } = await ask(port, 20_000);
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', message: expect.stringContaining(coding) });
  });

  test('one inside another', async () => {
    const port = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip, gzip');
      response.end(gzipSync(gzipSync(zeros)));
    });
    expect((await ask(port, 20_000)).error).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });
});

describe('what follows a response', () => {
  test('is not the answer to the next request, whether it comes at once or later', async () => {
    const forged = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged';
    for (const atOnce of [true, false]) {
      let closed: Promise<unknown> | undefined;
      const port = await listen(
        createTcpServer((socket) => {
          socket.on('error', () => socket.destroy());
          closed = once(socket, 'close');
          socket.once('data', () => {
            socket.write(atOnce ? OK + forged : OK);
            if (!atOnce) setImmediate(() => socket.write(forged));
          });
        }),
      );
      const origin = `http://127.0.0.1:${port}`;
      const http = session([origin]);
      for (let times = 0; times < 3; times++) {
        const { response } = await http.exchange(get(origin), forever);
        expect(response!.body.toString()).toBe('ok');
        // Which the client does when bytes come that nobody asked for.
        await closed;
      }
    }
  });

  test('a line break in a header value is not a second header or response', async () => {
    const port = await serveRaw('HTTP/1.1 200 OK\r\nx: a\rset-cookie: b=c\r\ncontent-length: 0\r\n\r\n');
    expect((await ask(port, 5_000)).error).toMatchObject({ code: 'INVALID_RESPONSE' });
  });
});

test('a response before the request is complete is the response, and the connection is not used again', async () => {
  let connections = 0;
  const port = await listen(
    createTcpServer((socket) => {
      connections++;
      socket.on('error', () => socket.destroy());
      // Reads no further than what one event brings.
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nno!');
      });
    }),
  );
  const origin = `http://127.0.0.1:${port}`;
  const http = session([origin]);
  for (let times = 0; times < 2; times++) {
    const { response, timings } = await http.exchange(
      get(origin, { method: 'PUT', body: Buffer.alloc(20 * 2 ** 20) }),
      forever,
    );
    expect(response).toMatchObject({ status: 413 });
    expect(timings.connection_reused).toBe(false);
  }
  expect(connections).toBe(2);
});

test('bytes that are no UTF-8 stay in the body and never break the headers', async () => {
  const port = await serveRaw(
    Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx-name: '),
      Buffer.from([0xff, 0xfe, 0xc3]),
      Buffer.from('\r\n\r\n'),
      Buffer.from([0xff, 0x00, 0xc3]),
    ]),
  );
  const { response } = await ask(port, 5_000);
  expect(response!.headers['x-name']).toBe('\u00ff\u00fe\u00c3');
  expect(response!.body).toEqual(Buffer.from([0xff, 0x00, 0xc3]));
});

test('a connection that closes as it is used again is never an answer to the wrong request', async () => {
  // Closes after so many answers, at a moment that the seed decides.
  const port = await listen(
    createTcpServer((socket) => {
      let left = 2;
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes: Buffer) => {
        const path = /^\w+ (\S+)/.exec(bytes.toString('latin1'))?.[1] ?? '';
        if (left-- === 0) socket.resetAndDestroy();
        else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${path.length}\r\n\r\n${path}`);
      });
    }),
  );
  const origin = `http://127.0.0.1:${port}`;
  const http = session([origin]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('GET', 'POST', 'DELETE'), { maxLength: 6 }),
      fc.boolean(),
      async (methods, together) => {
        const one = async (method: string, index: number) => {
          const { response, error } = await http.exchange(get(`${origin}/${method}/${index}`, { method }), forever);
          if (response) expect(response.body.toString()).toBe(`/${method}/${index}`);
          else expect([error!.code, method]).toEqual(['CONNECTION_RESET', 'POST']);
        };
        if (together) await Promise.all(methods.map(one));
        else for (const [index, method] of methods.entries()) await one(method, index);
      },
    ),
    { seed: 9, numRuns: 60 },
  );
});

test('whatever the server writes and however it ends, the exchange ends in time with one outcome', async () => {
  const piece = fc.oneof(
    fc
      .constantFrom(
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 103 Early Hints\r\n\r\n',
        'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n',
        'content-length: 5\r\n',
        'transfer-encoding: chunked\r\n',
        'content-encoding: gzip\r\n',
        'set-cookie: a=b\r\n',
        '\r\n',
        '5\r\nhello\r\n',
        '0\r\n\r\n',
        'hello',
      )
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );
  let script: { pieces: Buffer[]; end: string } = { pieces: [], end: '' };
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', () => {
        for (const bytes of script.pieces) socket.write(bytes);
        if (script.end === 'end') socket.end();
        if (script.end === 'reset') setImmediate(() => socket.resetAndDestroy());
      });
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 8 }),
      fc.constantFrom('end', 'reset', 'linger'),
      fc.constantFrom('GET', 'HEAD', 'POST'),
      async (pieces, end, method) => {
        script = { pieces, end };
        await ask(port, 40, { method, maxRedirects: 2 });
      },
    ),
    { seed: 6, numRuns: 200 },
  );
}, 30_000);

test('the same holds for HTTP/2: frames of any kind in any order, cut anywhere', async () => {
  const frame = (type: number, flags: number, stream: number, payload: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  };
  const SETTINGS = frame(4, 0, 0, Buffer.alloc(0));
  const piece = fc.oneof(
    fc.constantFrom(
      frame(4, 1, 0, Buffer.alloc(0)),
      // Headers with `:status: 200` from the static table, with and without the end of the stream.
      frame(1, 4, 1, Buffer.from([0x88])),
      frame(1, 5, 1, Buffer.from([0x88])),
      frame(1, 0, 1, Buffer.from([0x88])),
      frame(9, 4, 1, Buffer.from([0x88])),
      frame(0, 0, 1, Buffer.from('hello')),
      frame(0, 1, 1, Buffer.from('hello')),
      frame(3, 0, 1, Buffer.from([0, 0, 0, 2])),
      frame(5, 4, 1, Buffer.from([0, 0, 0, 2, 0x88])),
      frame(6, 0, 0, Buffer.alloc(8)),
      frame(7, 0, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])),
      frame(8, 0, 1, Buffer.from([0, 0, 0, 0])),
    ),
    fc
      .tuple(fc.nat({ max: 12 }), fc.nat({ max: 255 }), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 12 }))
      .map(([type, flags, stream, payload]) => frame(type, flags, stream, Buffer.from(payload))),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  );
  let script: { pieces: Buffer[]; end: boolean } = { pieces: [], end: false };
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => {
        for (const bytes of [SETTINGS, ...script.pieces]) socket.write(bytes);
        if (script.end) socket.end();
      });
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.boolean(), async (pieces, end) => {
      script = { pieces, end };
      await ask(port, 40, { connection: { ...DEFAULT_CONNECTION, http: '2' } });
    }),
    { seed: 10, numRuns: 200 },
  );
}, 30_000);
