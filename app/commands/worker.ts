import { randomUUID } from 'node:crypto';
import { systemClock } from '../../core/clock.ts';
import { EXIT, RingdownError } from '../../core/errors.ts';
import { loadFunctions } from '../../scenarios/engine/functions/load-functions.ts';
import { createSecretProvider } from '../../scenarios/secrets/create-secret-provider.ts';
import { loadEntrySchemas } from '../config/entry-schemas.ts';
import { loadConfig } from '../config/load.ts';
import { InvalidFiles } from '../invalid-files.ts';
import { humanLog, jsonLog } from '../log.ts';
import { functionProblems } from '../setup.ts';
import { terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { ControlTargets } from '../watchdog/control-targets.ts';
import { JobRunner } from '../worker/job-runner.ts';
import { WatcherClient } from '../worker/watcher-client.ts';
import { work } from '../worker/worker.ts';

export interface WorkerOptions {
  /** URL of the watcher. */
  watcher: string;
  /** RINGDOWN_TOKEN when absent. */
  token: string | undefined;
  location: string;
  concurrency: number;
  /** Where secrets, functions and control targets are told; nothing else of it is read here. */
  config: string | undefined;
  json: boolean;
}

const GRACE_MS = 10_000;

/**
 * `ringdown worker`: runs until a signal ends it.
 * @returns the exit code
 * @throws RingdownError when it is started wrongly, or the watcher turns it away
 */
export async function runWorker(options: WorkerOptions): Promise<number> {
  const token = options.token ?? process.env.RINGDOWN_TOKEN;
  if (!token) {
    throw new RingdownError('NO_TOKEN', 'the worker needs the token of its watcher', {
      hint: 'set RINGDOWN_TOKEN (or give --token, which others on this machine can see); `ringdown token` prints it there',
      exitCode: EXIT.usage,
    });
  }
  const url = originOf(options.watcher);
  const log = !options.json && process.stderr.isTTY ? humanLog() : jsonLog('info');
  const { schemas } = await loadEntrySchemas();
  const config = loadConfig(options.config, schemas, process.env);
  const functions = await loadFunctions(config.value.functionFiles);
  try {
    const diagnostics = [...config.diagnostics, ...functionProblems(functions, config.value, config.texts)];
    if (diagnostics.length > 0) throw new InvalidFiles(diagnostics, config.texts);
    const clock = systemClock;
    const secrets = createSecretProvider(config.value.secretSources, {
      clock,
      env: process.env,
      onProblem: ({ message, hint }) => log.warn({ hint }, `${message}; the value known so far is used`),
    });
    const { location, concurrency } = options;
    const client = new WatcherClient({ url, token, worker: { id: randomUUID(), location, version, concurrency } });
    const runner = new JobRunner({
      clock,
      secrets,
      functions,
      controlTargets: new ControlTargets(config.value.controlTargets, clock),
      async bundle(id, abort) {
        const asked = await client.bundle(id, abort);
        if ('answer' in asked) return asked.answer;
        log.warn({ bundle: id }, `a scenario could not be fetched: ${asked.reason}`);
        return undefined;
      },
    });
    const signals = untilSignal();
    try {
      await work(
        {
          clock,
          log,
          random: Math.random,
          client,
          runner,
          concurrency,
          onConnected: () =>
            options.json
              ? terminal.out(JSON.stringify({ connected: url, location, pid: process.pid }))
              : terminal.out(`${location} works for ${url}`),
        },
        signals.end,
        signals.abort,
      );
    } finally {
      signals.forget();
    }
    return EXIT.success;
  } finally {
    await functions.close();
  }
}

function originOf(watcher: string): string {
  const url = URL.canParse(watcher) ? new URL(watcher) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '') {
    return (url.origin + url.pathname).replace(/\/+$/, '');
  }
  throw new RingdownError('WATCHER_URL', `"${watcher}" is no URL of a watcher`, {
    hint: 'write it like https://ringdown.example.com, without a user',
    exitCode: EXIT.usage,
  });
}

/** The first signal ends gracefully, ten seconds or a second signal later it ends at once. */
function untilSignal() {
  const end = new AbortController();
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const listen = () => {
    if (end.signal.aborted) return abort.abort(new Error('told to end at once'));
    end.abort(new Error('told to end'));
    timer = setTimeout(() => abort.abort(new Error('the time to end gracefully is over')), GRACE_MS);
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, listen);
  return {
    end: end.signal,
    abort: abort.signal,
    forget() {
      clearTimeout(timer);
      for (const name of names) process.off(name, listen);
    },
  };
}
