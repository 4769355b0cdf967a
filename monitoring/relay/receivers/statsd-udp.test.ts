import { createSocket } from 'node:dgram';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import type { NewRecord } from '../spool/record.ts';
import { StatsdReceiver } from './statsd-udp.ts';

async function withReceiver(
  work: (receiver: StatsdReceiver, send: (text: string | Buffer) => Promise<void>, taken: NewRecord[]) => Promise<void>,
) {
  const taken: NewRecord[] = [];
  const receiver = new StatsdReceiver({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    append: async (record) => {
      taken.push(record);
    },
    log: () => undefined,
  });
  const port = await receiver.listen();
  const socket = createSocket('udp4');
  const send = (text: string | Buffer) =>
    new Promise<void>((resolve, reject) =>
      socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    );
  try {
    await work(receiver, send, taken);
  } finally {
    socket.close();
    await receiver.close();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it never became so');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('datagrams share records, and what waits is written on closing', async () => {
  const kept: NewRecord[] = [];
  await withReceiver(async (receiver, send, taken) => {
    for (let index = 0; index < 200; index++) await send(`a.${index}:1|c|#k:v\nb.${index}:2|g`);
    await until(() => receiver.packets === 200);
    await receiver.close();
    kept.push(...taken);
  });
  expect(kept.reduce((sum, { items }) => sum + items, 0)).toBe(400);
  expect(kept.length).toBeLessThan(20);
  expect(kept[0]).toMatchObject({ signal: 'metrics', encoding: 'statsd' });
  expect(Buffer.from(kept[0]!.bytes).toString().split('\n').slice(0, 2)).toEqual(['a.0:1|c|#k:v', 'b.0:2|g']);
});

test('a flood of garbage is counted, reaches no spool and takes no memory', async () => {
  await withReceiver(async (receiver, send, taken) => {
    const garbage = Buffer.alloc(8_000, 'x:y|z\n');
    const before = process.memoryUsage().rss;
    const packets = 3_000;
    for (let index = 0; index < packets; index++) await send(garbage);
    await send('good:1|c');
    await until(() => taken.length === 1);
    const drops = await receiver.socketDrops();
    expect(receiver.packets + (drops ?? 0)).toBe(packets + 1);
    expect(receiver.malformed).toBeGreaterThanOrEqual((receiver.packets - 1) * 1_333);
    expect(taken.map(({ items }) => items)).toEqual([1]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
  });
});
