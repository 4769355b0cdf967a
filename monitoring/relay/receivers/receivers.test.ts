import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../core/clock.ts';
import { samplePayload } from '../../otlp/testing/foreign-payloads.ts';
import { type SpoolFiles, systemFiles } from '../spool/files.ts';
import { Spool } from '../spool/spool.ts';
import { type Ports, Receivers } from './index.ts';
import { until } from './testing/intake.ts';

let folder: string;
let spool: Spool;
let receivers: Receivers;
let ports: Ports;
let isDiskFull: boolean;
const cleanUp: (() => unknown)[] = [];

function make(more: { statsdPort?: number; otlpGrpcPort?: number } = {}): Receivers {
  return new Receivers({
    host: '127.0.0.1',
    otlpPort: 0,
    otlpGrpcPort: 0,
    statsdPort: 0,
    statsdSocket: join(folder, 'statsd.sock'),
    otlpToken: undefined,
    maxBodyBytes: 1 << 20,
    maxTagSets: 2,
    clock: systemClock,
    append: async (record) => {
      await spool.append(record);
    },
    log: () => undefined,
    ...more,
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-receivers-'));
  isDiskFull = false;
  const files: SpoolFiles = {
    ...systemFiles,
    write: (...args) =>
      isDiskFull
        ? Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
        : systemFiles.write(...args),
  };
  spool = await Spool.open({
    folder: join(folder, 'spool'),
    maxBytes: 64 << 20,
    startAt: 0,
    files,
    onAppended: () => undefined,
    onDrop: async () => undefined,
    onDamage: () => undefined,
  });
  receivers = make();
  ports = await receivers.listen();
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  await receivers.close(AbortSignal.abort());
  await spool.close();
  await rm(folder, { recursive: true });
});

async function items(): Promise<number> {
  const { traces, metrics, logs } = await spool.count(spool.start, spool.end);
  return traces + metrics + logs;
}

async function overHttp(): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${ports.otlpPort}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: samplePayload('logs', 3).protobuf as Uint8Array<ArrayBuffer>,
  });
  return answer.status;
}

async function overGrpc(): Promise<number> {
  const client = new grpc.Client(`127.0.0.1:${ports.otlpGrpcPort}`, grpc.credentials.createInsecure());
  cleanUp.push(() => client.close());
  const plain = (bytes: Buffer) => bytes;
  const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  return new Promise((resolve) => {
    const spans = Buffer.from(samplePayload('traces', 4).protobuf);
    client.makeUnaryRequest(method, plain, plain, spans, (error) => resolve(error?.code ?? 0));
  });
}

async function overStream(at: { port: number; host: string } | { path: string }, lines: string): Promise<void> {
  const socket = connect(at as { port: number });
  cleanUp.push(() => socket.destroy());
  socket.resume();
  socket.end(lines);
  await once(socket, 'close');
}

async function overUdp(lines: string): Promise<void> {
  const socket = createSocket('udp4');
  cleanUp.push(() => socket.close());
  await new Promise((resolve) => socket.send(lines, ports.statsdPort, '127.0.0.1', resolve));
}

test('whatever way it comes in, it is in the spool, and counted', async () => {
  expect(await overHttp()).toBe(200);
  expect(await overGrpc()).toBe(0);
  await overStream({ host: '127.0.0.1', port: ports.statsdPort }, 'a:1|c|#u:1\na:1|c|#u:2\na:1|c|#u:3\n');
  await overStream({ path: join(folder, 'statsd.sock') }, 'b:1|c\nnonsense\n');
  expect(await items()).toBe(3 + 4 + 3 + 1);
  await overUdp('c:1|c\nd:1|c');
  const before = await receivers.status();
  expect(before).toMatchObject({ otlp_requests: 2, otlp_refused: 0, statsd_connections: 2, statsd_malformed: 1 });
  expect(before).toMatchObject({ statsd_lost: 0, overflowed: 1, overflowing: [{ metric: 'a', items: 1 }] });
  const end = spool.end;
  await until(() => spool.end > end);
  expect(await items()).toBe(13);
  expect((await receivers.status()).statsd_packets).toBe(1);
});

test('a full disk is told to OTLP senders, waited out for StatsD, and over when there is space', async () => {
  isDiskFull = true;
  expect(await overHttp()).toBe(503);
  expect(await overGrpc()).toBe(grpc.status.UNAVAILABLE);
  await overUdp('a:1|c');
  while ((await receivers.status()).statsd_packets < 1) await new Promise((resolve) => setImmediate(resolve));
  const waiting = overStream({ host: '127.0.0.1', port: ports.statsdPort }, 'b:1|c\n');
  expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])).toBe('waits');
  isDiskFull = false;
  await waiting;
  expect(await overHttp()).toBe(200);
  expect(await overGrpc()).toBe(0);
  expect(await items()).toBe(2 + 3 + 4);
  expect(await receivers.status()).toMatchObject({ otlp_refused: 2, statsd_lost: 0 });
});

test('a port that is taken for TCP alone, or for gRPC, fails the start with what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  cleanUp.push(() => taken.close());
  const { port } = taken.address() as { port: number };
  for (const [more, flag] of [
    [{ statsdPort: port }, '--statsd-port'],
    [{ otlpGrpcPort: port }, '--otlp-grpc-port'],
  ] as const) {
    const other = make(more);
    await expect(other.listen()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      exitCode: 2,
      hint: expect.stringContaining(flag),
    });
    await other.close(AbortSignal.abort());
  }
  const again = make({ statsdPort: ports.statsdPort });
  await expect(again.listen()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  await again.close(AbortSignal.abort());
});
