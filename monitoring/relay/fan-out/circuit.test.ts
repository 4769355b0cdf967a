import { expect, test } from '@jest/globals';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { Circuit, OPENS_AFTER } from './circuit.ts';

const never = new AbortController().signal;

function circuitOf() {
  const clock = new VirtualClock();
  const circuit = new Circuit({ clock, random: () => 0.5, backoff: { firstMs: 1_000, maxMs: 60_000 } });
  return { clock, circuit };
}

async function open({ clock, circuit }: ReturnType<typeof circuitOf>): Promise<void> {
  for (let failure = 0; failure < OPENS_AFTER; failure++) {
    const entering = circuit.enter(never);
    await clock.advance(60_000);
    circuit.failed((await entering)!);
  }
}

test('after a failure everybody waits, longer each time, never less than was asked for', async () => {
  const { clock, circuit } = circuitOf();
  const pass = (await circuit.enter(never))!;
  circuit.failed(pass);
  expect(circuit.retryAt).toBe(clock.now() + 750);
  let entered = 0;
  for (let waiting = 0; waiting < 2; waiting++) void circuit.enter(never).then(() => entered++);
  await clock.advance(749);
  expect(entered).toBe(0);
  await clock.advance(1);
  expect(entered).toBe(2);
  circuit.failed(pass, 30_000);
  expect(circuit.retryAt).toBe(clock.now() + 30_000);
  expect(circuit.state).toBe('closed');
});

test('five failures in a row open it: one is tried at a time, and its success lets all through', async () => {
  const bench = circuitOf();
  const { clock, circuit } = bench;
  await open(bench);
  expect(circuit.state).toBe('open');
  const passes: unknown[] = [];
  for (let waiting = 0; waiting < 3; waiting++) void circuit.enter(never).then((pass) => passes.push(pass));
  await clock.advance(60_000);
  expect(passes).toEqual([{ trial: true }]);
  expect(circuit.state).toBe('half_open');
  circuit.failed({ trial: true });
  expect(circuit.state).toBe('open');
  await clock.advance(60_000);
  expect(passes.length).toBe(2);
  circuit.succeeded();
  await clock.advance(0);
  expect(passes.length).toBe(3);
  expect(circuit.state).toBe('closed');
  expect(circuit.retryAt).toBeUndefined();
});

test('a late failure of another batch neither ends a trial nor opens it twice', async () => {
  const bench = circuitOf();
  const { clock, circuit } = bench;
  await open(bench);
  const trial = circuit.enter(never);
  await clock.advance(60_000);
  expect(await trial).toEqual({ trial: true });
  circuit.failed({ trial: false });
  expect(circuit.state).toBe('half_open');
  circuit.calledOff({ trial: true });
  expect(circuit.state).toBe('open');
});

test('who waits goes away when told to; a step of the wall clock changes no wait', async () => {
  const bench = circuitOf();
  const { clock, circuit } = bench;
  await open(bench);
  const stop = new AbortController();
  const entering = circuit.enter(stop.signal);
  stop.abort();
  expect(await entering).toBeUndefined();
  clock.step(-3_600_000);
  expect(circuit.retryAt).toBeGreaterThan(clock.now());
  expect(circuit.retryAt).toBeLessThanOrEqual(clock.now() + 60_000);
  const trial = circuit.enter(never);
  await clock.advance(60_000);
  expect(await trial).toEqual({ trial: true });
  const half = circuit.enter(stop.signal);
  expect(await half).toBeUndefined();
});

test('progress slows, but never opens it', async () => {
  const { clock, circuit } = circuitOf();
  for (let turn = 0; turn < 3 * OPENS_AFTER; turn++) {
    const entering = circuit.enter(never);
    await clock.advance(1_000);
    await entering;
    circuit.slowed();
  }
  expect(circuit.state).toBe('closed');
});
