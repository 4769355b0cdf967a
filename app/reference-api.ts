import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, RingdownError } from '../core/errors.ts';

export interface ReferenceApi {
  url: string;
  pid: number;
  /** Asks it to end and waits; kills it when `abort` fires first. */
  stop(abort: AbortSignal): Promise<void>;
}

interface Settings {
  port: number;
  dataDirectory: string;
  env: NodeJS.ProcessEnv;
  /** Its own log lines, one JSON object each. */
  onLine(line: string): void;
  /** It ended although nobody asked it to. */
  onExit(how: string): void;
}

// Ctrl-C at the terminal is for the watcher, which then ends its children in their turn.
const OWN_GROUP = process.platform !== 'win32';

const START_TIMEOUT_MS = 30_000;
/** What Node itself says before the API says anything. */
const WARNING_OF_NODE = /^\(node:\d+\)|^\(Use `node /;

/** Starts the reference API as a process of its own, so that it can die without taking the watcher along. */
export async function startReferenceApi(settings: Settings): Promise<ReferenceApi> {
  const extension = extname(fileURLToPath(import.meta.url));
  const child = fork(
    fileURLToPath(new URL(`../api/main${extension}`, import.meta.url)),
    ['--port', String(settings.port), '--data-dir', settings.dataDirectory],
    { env: settings.env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: OWN_GROUP },
  );
  const output: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (output.length < 50) output.push(line);
        settings.onLine(line);
      }
    });
  }

  const url = await readiness(child, output);
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) settings.onExit(signal ?? `exit code ${code}`);
  });
  return {
    url,
    pid: child.pid!,
    async stop(abort) {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      abort.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
      child.kill(abort.aborted ? 'SIGKILL' : 'SIGTERM');
      await gone;
    },
  };
}

function readiness(child: ChildProcess, output: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, exitCode: number, hint?: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(
        new RingdownError('API_START', `the reference API did not start: ${why}`, {
          exitCode,
          ...(hint ? { hint } : {}),
        }),
      );
    };
    const timer = setTimeout(() => failed('no answer within 30 s', EXIT.internal), START_TIMEOUT_MS);
    child.once('error', (error) => failed(error.message, EXIT.internal));
    child.once('exit', (code) => {
      const first = output.find((line) => !WARNING_OF_NODE.test(line)) ?? `exit code ${code}`;
      // It speaks of its own flags; from here its port has another name.
      if (code === EXIT.usage)
        failed(first, EXIT.usage, 'stop what uses its port, or choose another with --api-port (0: any free one)');
      else failed(output.join('\n') || first, EXIT.internal);
    });
    child.on('message', (message: { type?: string; url?: string }) => {
      if (message.type !== 'ready' || !message.url) return;
      clearTimeout(timer);
      child.removeAllListeners('exit').removeAllListeners('error');
      child.on('error', () => {});
      resolve(message.url);
    });
  });
}
