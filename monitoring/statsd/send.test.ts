import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../core/clock.ts';
import { StatsdSender } from './index.ts';
import { packLines } from './pack.ts';
import { parseStatsdUrl } from './target.ts';

const forever = new AbortController().signal;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function senderTo(url: string, options: { maxPacketBytes?: number; linesPerSecond?: number } = {}): StatsdSender {
  const sender = new StatsdSender({ target: parseStatsdUrl(url)!, clock: systemClock, ...options });
  cleanUp.push(() => sender.close());
  return sender;
}

/** A StatsD server: what each connection sent, once it ended. */
async function listen(onConnection: (socket: Socket) => void, at: { path: string } | { port: number } = { port: 0 }) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen({ host: '127.0.0.1', ...at });
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function collect(into: string[]): (socket: Socket) => void {
  return (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => into.push(Buffer.concat(chunks).toString()));
  };
}

test.each([
  ['udp://127.0.0.1:9125', { protocol: 'udp', host: '127.0.0.1', port: 9125 }],
  ['udp://statsd', { protocol: 'udp', host: 'statsd', port: 8125 }],
  ['tcp://[::1]:8126/', { protocol: 'tcp', host: '::1', port: 8126 }],
  ['unix:///run/a%20b.sock', { protocol: 'unix', path: '/run/a b.sock' }],
  ['http://statsd:8125', undefined],
  ['udp://statsd:8125/path', undefined],
  ['udp://', undefined],
  ['tcp://user:secret@statsd', undefined],
  ['unix://host/run.sock', undefined],
  ['unix:///%ff', undefined],
  ['statsd:8125', undefined],
  ['', undefined],
])('%s is read as %j', (url, target) => {
  expect(parseStatsdUrl(url)).toEqual(target);
});

test('packets hold every line once, in order, whole, and never more than their size unless one line is longer', () => {
  const line = fc.string({ minLength: 1, maxLength: 30 }).map((text) => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(line, fc.constant('')), { maxLength: 40 }),
      fc.integer({ min: 1, max: 80 }),
      (lines, size) => {
        const kept = lines.filter((one) => one !== '');
        const packets = packLines(Buffer.from(lines.join('\n')), size);
        expect(packets.flatMap(({ bytes }) => bytes.toString().split('\n'))).toEqual(kept);
        for (const { bytes, lines: count } of packets) {
          expect(bytes.toString().split('\n')).toHaveLength(count);
          if (count > 1) expect(bytes.length).toBeLessThanOrEqual(size);
        }
      },
    ),
    { seed: 3 },
  );
});

describe('over UDP', () => {
  test('lines share datagrams', async () => {
    const server = createSocket('udp4');
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(() => server.close());
    const got: string[] = [];
    const all = new Promise<void>((resolve) => {
      server.on('message', (packet) => {
        got.push(packet.toString());
        if (got.join('\n').split('\n').length === 100) resolve();
      });
    });
    const lines = Array.from({ length: 100 }, (_, index) => `a.${index}:1|c`);
    await senderTo(`udp://127.0.0.1:${server.address().port}`).send('a', Buffer.from(lines.join('\n')), forever);
    await all;
    expect(got.join('\n').split('\n')).toEqual(lines);
    expect(got).toHaveLength(1);
  });

  test('a host that says that nobody listens is a failure', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    taken.close();
    const sender = senderTo(`udp://127.0.0.1:${port}`, { maxPacketBytes: 8 });
    await expect(sender.send('a', Buffer.from('a:1|c\nb:1|c\nc:1|c'), forever)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('over a stream', () => {
  test('everything is read by the server before it counts as delivered', async () => {
    const got: string[] = [];
    const sender = senderTo(await listen(collect(got)), { linesPerSecond: 1e7 });
    const lines = Array.from({ length: 50_000 }, (_, index) => `a.${index}:1|c`);
    await sender.send('a', Buffer.from(lines.join('\n')), forever);
    expect(got).toEqual([`${lines.join('\n')}\n`]);
  });

  test('a unix socket is as good', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringdown-statsd-'));
    cleanUp.push(() => rm(folder, { recursive: true }));
    const got: string[] = [];
    await listen(collect(got), { path: join(folder, 's.sock') });
    await senderTo(`unix://${folder}/s.sock`).send('a', Buffer.from('a:1|c'), forever);
    expect(got).toEqual(['a:1|c\n']);
  });

  test('a server that is away, resets or closes before it has read everything is a failure', async () => {
    const url = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(senderTo(url).send('a', Buffer.from('a:1|c'), forever)).rejects.toThrow();
    const closing = await listen((socket) => socket.end());
    await expect(senderTo(closing).send('a', Buffer.alloc(1 << 20, 'a:1|c\n'), forever)).rejects.toThrow();
    await expect(senderTo('unix:///nowhere/s.sock').send('a', Buffer.from('a:1|c'), forever)).rejects.toThrow('ENOENT');
  });

  test('what hangs goes on when its caller gives up, and is joined rather than sent twice', async () => {
    const got: string[] = [];
    const stopped: Socket[] = [];
    const url = await listen((socket) => {
      socket.pause();
      stopped.push(socket);
    });
    const sender = senderTo(url);
    for (let attempt = 0; attempt < 3; attempt++) {
      const given = sender.send('a', Buffer.from('a:1|c'), AbortSignal.timeout(20));
      await expect(given).rejects.toThrow();
    }
    const joined = sender.send('a', Buffer.from('a:1|c'), forever);
    while (stopped.length === 0) await new Promise((resolve) => setImmediate(resolve));
    collect(got)(stopped[0]!);
    stopped[0]!.resume();
    await joined;
    expect([stopped.length, got]).toEqual([1, ['a:1|c\n']]);
  });

  test('only so many deliveries are left waiting, and closing ends them', async () => {
    const open = new Set<Socket>();
    const url = await listen((socket) => {
      socket.pause();
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    });
    const sender = senderTo(url);
    const attempts = Array.from({ length: 8 }, (_, index) => {
      const stop = new AbortController();
      return { stop, sent: sender.send(String(index), Buffer.from('a:1|c'), stop.signal) };
    });
    while (open.size < 8) await new Promise((resolve) => setImmediate(resolve));
    for (const { stop, sent } of attempts) {
      stop.abort(new Error('given up'));
      await expect(sent).rejects.toThrow('given up');
    }
    for (const socket of open) socket.resume();
    while (open.size > 0) await new Promise((resolve) => setImmediate(resolve));
    sender.close();
  });

  test('the pace is kept', async () => {
    const got: string[] = [];
    const sender = senderTo(await listen(collect(got)), { linesPerSecond: 50_000 });
    const started = performance.now();
    await sender.send('a', Buffer.alloc(6 * 10_000, 'a:1|c\n'), forever);
    // 10,000 lines at 50,000 a second, less the burst and the last packet.
    expect(performance.now() - started).toBeGreaterThan(50);
    expect(got[0]).toHaveLength(60_000);
  });
});
