import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { parseStatsdUrl, StatsdSender } from '../../statsd/index.ts';
import type { NewRecord } from '../spool/record.ts';
import { CardinalityGuard } from './cardinality.ts';
import { StatsdIntake } from './statsd-intake.ts';
import { StatsdStream } from './statsd-stream.ts';
import { StatsdUdp } from './statsd-udp.ts';
import { until } from './testing/intake.ts';

let taken: NewRecord[];
let logged: string[];
let append: (record: NewRecord) => Promise<void>;
let intake: StatsdIntake;
const cleanUp: (() => unknown)[] = [];

function makeIntake(clock = systemClock, maxTagSets = 2_000): StatsdIntake {
  const log = (_: string, message: string) => logged.push(message);
  const cardinality = new CardinalityGuard({ clock, maxTagSets });
  return new StatsdIntake({ clock, cardinality, append: (record) => append(record), log });
}

beforeEach(() => {
  taken = [];
  logged = [];
  append = async (record) => {
    taken.push(record);
  };
  intake = makeIntake();
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  await intake.close();
});

const lines = () => taken.flatMap(({ bytes }) => Buffer.from(bytes).toString().trimEnd().split('\n'));
const items = () => taken.reduce((sum, record) => sum + record.items, 0);
const log = (_: string, message: string) => logged.push(message);

async function udp() {
  const receiver = new StatsdUdp({ host: '127.0.0.1', port: 0, intake, log });
  const port = await receiver.listen();
  const socket = createSocket('udp4');
  cleanUp.push(
    () => socket.close(),
    () => receiver.close(),
  );
  const send = (text: string | Buffer) =>
    new Promise<void>((resolve, reject) =>
      socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    );
  return { receiver, send };
}

async function stream(at: { host: string; port: number } | { path: string }, maxConnections?: number) {
  const receiver = new StatsdStream({ at, intake, log, ...(maxConnections ? { maxConnections } : {}) });
  const port = await receiver.listen();
  cleanUp.push(() => receiver.close());
  const open = async () => {
    const socket = 'path' in at ? connect(at.path) : connect(port, '127.0.0.1');
    cleanUp.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  return { receiver, port, open };
}

const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** Ends our side and waits for the other's. */
async function finish(socket: Socket): Promise<void> {
  socket.resume();
  const closed = once(socket, 'close');
  socket.end();
  await closed;
}

describe('over UDP', () => {
  test('datagrams share records, and what waits is written on closing', async () => {
    const { receiver, send } = await udp();
    for (let index = 0; index < 200; index++) await send(`a.${index}:1|c|#k:v\nb.${index}:2|g`);
    await until(() => receiver.packets === 200);
    await receiver.close();
    await intake.close();
    expect(items()).toBe(400);
    expect(taken.length).toBeLessThan(20);
    expect(taken[0]).toMatchObject({ signal: 'metrics', encoding: 'statsd' });
    expect(lines().slice(0, 2)).toEqual(['a.0:1|c|#k:v', 'b.0:2|g']);
  });

  test('a flood of a million malformed lines is counted, reaches no spool and takes no memory', async () => {
    const { receiver, send } = await udp();
    const garbage = Buffer.from('x:y|z\n'.repeat(1_340));
    const before = process.memoryUsage().rss;
    const packets = 800;
    for (let index = 0; index < packets; index++) await send(garbage);
    await send('good:1|c');
    await until(() => taken.length === 1);
    const drops = await receiver.socketDrops();
    expect(receiver.packets + (drops ?? 0)).toBe(packets + 1);
    expect(intake.malformed).toBe((receiver.packets - 1) * 1_340);
    expect(items()).toBe(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
  });
});

describe('over TCP', () => {
  test('lines are put together whatever the chunks, and the sender is told when they are durable', async () => {
    const { open } = await stream(LOOPBACK);
    const socket = await open();
    const sent = Array.from({ length: 300 }, (_, index) => `metric.${index}:1|c|#k:${'v'.repeat(index % 50)}`);
    const bytes = Buffer.from(`${sent.join('\n')}\r\n\nlast:1|c`);
    for (let at = 0; at < bytes.length; at += 1 + (at % 97)) socket.write(bytes.subarray(at, at + 1 + (at % 97)));
    await finish(socket);
    expect(lines()).toEqual([...sent, 'last:1|c']);
    expect(intake.malformed).toBe(0);
  });

  test('the end is held back until the spool has written', async () => {
    const { open } = await stream(LOOPBACK);
    let durable: () => void = () => undefined;
    append = (record) => {
      taken.push(record);
      return new Promise((resolve) => {
        durable = resolve;
      });
    };
    const socket = await open();
    let ended = false;
    socket.on('end', () => {
      ended = true;
    });
    socket.resume();
    socket.end('a:1|c\n');
    await until(() => taken.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(false);
    durable();
    await once(socket, 'close');
    expect(ended).toBe(true);
  });

  test('a line without an end is counted once, costs a line and spoils none after it', async () => {
    const { open } = await stream(LOOPBACK);
    const socket = await open();
    const before = process.memoryUsage().rss;
    const endless = Buffer.alloc(1 << 20, 'x');
    for (let index = 0; index < 30; index++) {
      await new Promise((resolve) => socket.write(endless, resolve));
    }
    socket.write('x\ngood:1|c\n');
    await finish(socket);
    expect([intake.malformed, lines()]).toEqual([1, ['good:1|c']]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
  });

  test('a sender that goes away in mid-line or resets leaves its whole lines', async () => {
    const { open } = await stream(LOOPBACK);
    const socket = await open();
    await new Promise((resolve) => socket.write('a:1|c\nb:2', resolve));
    await until(() => taken.length === 1);
    socket.resetAndDestroy();
    const other = await open();
    other.write('c:1|c');
    await finish(other);
    expect(lines()).toEqual(['a:1|c', 'c:1|c']);
    expect(logged).toEqual([]);
  });

  test('while the spool refuses, senders wait and nothing is lost', async () => {
    const { open } = await stream(LOOPBACK);
    let refuses = true;
    append = async (record) => {
      if (refuses) throw new Error('the disk is full');
      taken.push(record);
    };
    const socket = await open();
    const line = `${'a'.repeat(100)}:1|c\n`;
    // More than the intake holds and the kernel buffers: the last writes cannot end before something is read.
    const count = 250_000;
    const written = new Promise((resolve) => socket.write(line.repeat(count), resolve));
    await until(() => intake.isFull);
    expect(await Promise.race([written, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits');
    refuses = false;
    await written;
    await finish(socket);
    expect([items(), intake.lost]).toEqual([count, 0]);
    expect(logged).toEqual(['StatsD lines wait in memory: the disk is full']);
  }, 30_000);

  test('connections past the limit are closed', async () => {
    const { open } = await stream(LOOPBACK, 2);
    const kept = [await open(), await open()];
    const refused = await open();
    await once(refused, 'close');
    expect(kept.every(({ destroyed }) => !destroyed)).toBe(true);
  });

  test('what a StatsD sender of ours delivers is durable', async () => {
    const { port } = await stream(LOOPBACK);
    const sender = new StatsdSender({ target: parseStatsdUrl(`tcp://127.0.0.1:${port}`)!, clock: systemClock });
    await sender.send('a', Buffer.from('a:1|c\nb:1|c'), new AbortController().signal);
    expect(lines()).toEqual(['a:1|c', 'b:1|c']);
    sender.close();
  });
});

describe('over a unix socket', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringdown-statsd-'));
    path = join(folder, 'statsd.sock');
    cleanUp.push(() => rm(folder, { recursive: true }));
  });

  test('lines are taken, and the file is gone at the end', async () => {
    const { receiver, open } = await stream({ path });
    const socket = await open();
    socket.write('a:1|c\n');
    await finish(socket);
    expect(lines()).toEqual(['a:1|c']);
    await receiver.close();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a file that a killed process left is replaced, one that is in use or no socket is not', async () => {
    const killed = createServer().listen(path);
    await once(killed, 'listening');
    // What a kill leaves: the file, and nobody behind it.
    const left = join(folder, 'left.sock');
    await (await import('node:fs/promises')).link(path, left);
    killed.close();
    await once(killed, 'close');
    expect((await stat(left)).isSocket()).toBe(true);
    const { open } = await stream({ path: left });
    await finish(await open());
    await expect(stream({ path: left })).rejects.toMatchObject({ code: 'STATSD_SOCKET_IN_USE', exitCode: 2 });
    await finish(await open());
    await writeFile(path, 'a file');
    await expect(stream({ path })).rejects.toMatchObject({
      code: 'STATSD_SOCKET_IN_USE',
      message: expect.stringContaining('is no socket'),
    });
    const linked = join(folder, 'linked.sock');
    await symlink(path, linked);
    await expect(stream({ path: linked })).rejects.toMatchObject({ code: 'STATSD_SOCKET_IN_USE' });
    expect(await readFile(path, 'utf8')).toBe('a file');
    const nowhere = { path: join(folder, 'none', 'statsd.sock') };
    await expect(stream(nowhere)).rejects.toMatchObject({ code: 'STATSD_SOCKET_FAILED', exitCode: 2 });
  });
});

describe('the intake', () => {
  test('offers a refused record again until it is taken, and counts what is left at the end as lost', async () => {
    const clock = new VirtualClock();
    intake = makeIntake(clock);
    let refusals = 0;
    append = async (record) => {
      if (refusals++ < 3) throw new Error('busy');
      taken.push(record);
    };
    intake.take(Buffer.from('a:1|c'));
    for (let second = 0; second < 5; second++) await clock.advance(1_000);
    expect([lines(), refusals]).toEqual([['a:1|c'], 4]);
    append = async () => {
      throw new Error('the disk is full');
    };
    intake.take(Buffer.from('b:1|c\nc:1|c'));
    await intake.close();
    expect(intake.lost).toBe(2);
  });

  test('loses what comes on top of 16 MiB, and counts it', async () => {
    append = () => new Promise(() => undefined);
    const stuck = makeIntake(new VirtualClock());
    const packet = Buffer.from(`${'a'.repeat(1_017)}:1|c\n`.repeat(64));
    for (let index = 0; index < 320; index++) stuck.take(packet);
    expect(stuck.isFull).toBe(true);
    expect(stuck.lost).toBeGreaterThan(3_000);
    expect(stuck.lost).toBeLessThan(320 * 64 - 15_000);
  });

  test('gives lines of a metric with too many tag sets one tag, and keeps their other sections', async () => {
    intake = makeIntake(systemClock, 2);
    intake.take(
      Buffer.from(
        [
          'a:1|c|#u:1',
          'a:1|c|#u:2',
          'a:1|c|@0.5|#u:3,v:4|T1656581400',
          'a:+1|g|#u:4',
          'a:2|c|#u:1',
          'a:3|c',
          'b:1|c|#u:9',
        ].join('\n'),
      ),
    );
    await intake.settled();
    expect(lines()).toEqual([
      'a:1|c|#u:1',
      'a:1|c|#u:2',
      'a:1|c|@0.5|T1656581400|#otel.metric.overflow:true',
      'a:+1|g|#otel.metric.overflow:true',
      'a:2|c|#u:1',
      'a:3|c',
      'b:1|c|#u:9',
    ]);
  });
});
