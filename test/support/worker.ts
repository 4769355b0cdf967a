import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './ringdown.ts';

const READY_WITHIN_MS = 60_000;

/** A worker in a process of its own. */
export class RunningWorker {
  readonly child: ChildProcess;
  /** All it printed. */
  readonly output: { text: string };

  private constructor(child: ChildProcess, output: { text: string }) {
    this.child = child;
    this.output = output;
  }

  static async start(options: {
    watcher: string;
    token: string;
    location: string;
    folder: string;
    env?: NodeJS.ProcessEnv;
  }): Promise<RunningWorker> {
    const { watcher, token, location, folder, env } = options;
    const child = spawn(
      process.execPath,
      [join(ROOT, 'app/ringdown.mjs'), 'worker', '--json', '--watcher', watcher, '--location', location],
      { cwd: folder, env: { ...process.env, RINGDOWN_TOKEN: token, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const output = { text: '' };
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
    await new Promise<void>((resolve, reject) => {
      const failed = (why: string) => reject(new Error(`the worker in ${location} ${why}:\n${output.text}`));
      const timer = setTimeout(() => failed('was not connected in time'), READY_WITHIN_MS);
      child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        output.text += text;
        if (!output.text.includes('"connected"')) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        failed(`ended with ${signal ?? code}`);
      });
    });
    return new RunningWorker(child, output);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
