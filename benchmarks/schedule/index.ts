import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Report, Suite, SuiteOptions } from '../suite.ts';
import type { Quantiles } from './quantiles.ts';
import type { Measured, Order } from './watch.ts';

const MONITORS = 10_000;
const EVERY_MS = 60_000;
const TARGET_SLIP_MS = 100;

/** Whether a crowd of monitors runs when it should. Takes five minutes, one when quick. */
export const suite: Suite = {
  title: 'Schedule: 10,000 monitors a minute on one core',

  async run({ quick, progress }: SuiteOptions): Promise<Report> {
    const minutes = quick ? 1 : 5;
    const pinned = canPin();
    const children: ChildProcess[] = [];
    const onCore = (name: string, ...args: string[]) => {
      const command = [process.execPath, script(name), ...args];
      const [file, ...rest] = pinned ? ['taskset', '-c', '0', ...command] : command;
      const child = spawn(file!, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      children.push(child);
      return child;
    };
    try {
      const service = fork(script('./service.ts'), { stdio: 'inherit' });
      children.push(service);
      const { port } = await message<{ port: number }>(service);
      const idle = onCore('./idle.ts');
      await message(idle);
      const order: Order = {
        origin: `http://127.0.0.1:${port}`,
        monitors: MONITORS,
        everyMs: EVERY_MS,
        durationMs: minutes * 60_000,
      };
      const watch = onCore('./watch.ts', JSON.stringify(order));
      for (;;) {
        const told = await message<Measured | { progress: string }>(watch);
        if ('progress' in told) progress(told.progress);
        else {
          const machine = message<Quantiles>(idle);
          idle.send('how late?');
          return report(told, await machine, order, minutes, pinned);
        }
      }
    } finally {
      for (const child of children) if (child.connected) child.disconnect();
    }
  },
};

function report(measured: Measured, machine: Quantiles, order: Order, minutes: number, pinned: boolean): Report {
  const { slip, runs, notPassed, skipped, cpuMicros, elapsedMs, startRssMb, peakRssMb } = measured;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const lateness = (late: Quantiles) => [ms(late.p50), ms(late.p99), ms(late.max)];
  const met = slip.p99 <= TARGET_SLIP_MS && notPassed === 0 && skipped === 0;
  const loud = !met && machine.p99 > TARGET_SLIP_MS / 2;
  return {
    method: [
      `${order.monitors.toLocaleString('en')} monitors every ${order.everyMs / 1_000} s in one process${pinned ? ', pinned to one core' : ''}, ${minutes} min from its start on; the service is a process of its own.`,
      'Each run is a one-step scenario through the real runner: a connection of its own, phase timings, two assertions, evidence and redaction; at most 200 runs at once, as in the watcher.',
      'Slip is the time from when a run was due to when it began, over all runs, those of the start included. The idle process wakes every 10 ms on the same core and does nothing: its slip is what the machine does to anybody.',
    ],
    versions: { node: process.versions.node },
    table: {
      columns: [
        'process',
        'runs',
        'not passed',
        'skipped',
        'slip p50',
        'slip p99',
        'slip max',
        'CPU of one core',
        'CPU a run',
        'RSS at start',
        'RSS peak',
      ],
      rows: [
        [
          'ringdown',
          `${runs.toLocaleString('en')} (${(runs / (elapsedMs / 1_000)).toFixed(0)}/s)`,
          String(notPassed),
          String(skipped),
          ...lateness(slip),
          `${(cpuMicros / elapsedMs / 10).toFixed(0)} %`,
          `${(cpuMicros / runs).toFixed(0)} µs`,
          `${startRssMb.toFixed(0)} MB`,
          `${peakRssMb.toFixed(0)} MB`,
        ],
        ['idle', '–', '–', '–', ...lateness(machine), '–', '–', '–', '–'],
      ],
    },
    findings: [
      `Slip p99 ${ms(slip.p99)}, target ≤ ${TARGET_SLIP_MS} ms with every run passed and no slot skipped: ${met ? 'met' : 'missed'}.`,
      ...(loud ? [`The machine had other work: an idle process was ${ms(machine.p99)} late at its p99.`] : []),
    ],
  };
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The next message. Rejects when the process ends instead. */
async function message<Message>(child: ChildProcess): Promise<Message> {
  const settled = new AbortController();
  const ended = once(child, 'exit', { signal: settled.signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with code ${code}`);
  });
  const next = once(child, 'message', { signal: settled.signal });
  try {
    const [first] = await Promise.race([next, ended]);
    return first as Message;
  } finally {
    for (const other of [next, ended]) other.catch(() => {});
    settled.abort();
  }
}

function canPin(): boolean {
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
