import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Functions } from '../../language/template.ts';
import {
  ANSWERED,
  type Answer,
  type Call,
  ENDED,
  LOADED,
  type Loaded,
  type LoadProblem,
  type ThreadData,
} from './messages.ts';

export type { LoadProblem } from './messages.ts';

/** A call that computes for longer is cut. */
const CALL_LIMIT_MS = 100;
/** So is one that lasts longer, whatever it waits for: a busy machine may let its thread wait, too. */
const LONGEST_CALL_MS = 1_000;
const LOOK_EVERY_MS = 25;
/** Loading a file takes no longer than this. */
const LOAD_LIMIT_MS = 5_000;
const MEMORY_MIB = 128;

const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

type Called = ReturnType<Functions['call']>;

/** The functions of the files that the config lists, in a thread of their own. */
export interface ScenarioFunctions extends Functions {
  /** Of the files, in the config's order; functions of a file with a problem are left out. */
  readonly problems: readonly LoadProblem[];
  /** Reads the files again, keeping what was there when one of them has a problem. @returns the problems found */
  reload(): Promise<readonly LoadProblem[]>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/**
 * Loads JavaScript (or TypeScript) modules whose exported functions templates may call. Never rejects.
 * @param files absolute paths
 */
export async function loadFunctions(files: readonly string[]): Promise<ScenarioFunctions> {
  if (files.length === 0) return noFunctions;
  let thread = new FunctionThread(files);
  let loaded = await thread.loaded();

  const replace = () => {
    void thread.end();
    thread = new FunctionThread(files);
  };

  function call(name: string, args: readonly unknown[]): Called {
    const known = loaded.functions.find((one) => one.name === name);
    if (!known) return { error: `names no function: ${listed(loaded)}` };
    const named = (words: string) => ({ error: `${words} (${name} of ${relative('', files[known.file]!)})` });
    // Something that a function left behind, such as a timer, may have ended it between two calls.
    if (thread.ended) replace();
    const answer = thread.call({ name, args: JSON.stringify(args) });
    if (answer === 'late') {
      replace();
      return named(`took more than ${CALL_LIMIT_MS} ms and was cut`);
    }
    if (answer === 'gone') {
      replace();
      return named('ended its thread, or its thread does not start any more');
    }
    return 'error' in answer ? named(answer.error) : { value: JSON.parse(answer.json) };
  }

  return {
    get names() {
      return loaded.functions.map(({ name }) => name);
    },
    get problems() {
      return loaded.problems;
    },
    call,
    async reload() {
      const next = new FunctionThread(files);
      const found = await next.loaded();
      if (found.problems.length > 0) {
        await next.end();
        return found.problems;
      }
      const old = thread;
      thread = next;
      loaded = found;
      await old.end();
      return [];
    },
    async close() {
      await thread.end();
    },
  };
}

const noFunctions: ScenarioFunctions = {
  names: [],
  problems: [],
  call: () => ({ error: 'names no function: ringdown.yaml lists no file under functions' }),
  reload: async () => [],
  close: async () => {},
};

function listed({ functions }: Loaded): string {
  if (functions.length === 0) return 'the listed files export none';
  return `the listed files export ${functions.map(({ name }) => name).join(', ')}`;
}

class FunctionThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signals = new Int32Array(new SharedArrayBuffer(12));
  readonly #files: readonly string[];
  #calls = 0;
  #ready = false;
  #gone: string | null = null;

  constructor(files: readonly string[]) {
    this.#files = files;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const data: ThreadData = {
      files: files.map((file) => pathToFileURL(file).href),
      port: port2,
      signals: this.#signals,
    };
    this.#worker = new Worker(WORKER, {
      workerData: data,
      transferList: [port2],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MIB },
    });
    this.#worker.on('error', (error) => {
      this.#gone = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', () => {
      this.#gone ??= 'it ended itself';
    });
    // Nothing here keeps a process alive that has nothing else to do.
    this.#worker.unref();
    this.#port.unref();
  }

  get ended(): boolean {
    return this.#gone !== null || Atomics.load(this.#signals, ENDED) === 1;
  }

  /** Waits without blocking until all files are read. */
  async loaded(): Promise<Loaded> {
    const none = (message: string): Loaded => ({
      functions: [],
      problems: this.#files.map((_, file) => ({ file, message, hint: null })),
    });
    const waiting = Atomics.waitAsync(this.#signals, LOADED, 0, LOAD_LIMIT_MS);
    // A thread that ends before it has loaded gives no signal.
    const ended = new Promise<'ended'>((resolve) => this.#worker.once('exit', () => resolve('ended')));
    this.#worker.ref();
    const outcome = waiting.async ? await Promise.race([waiting.value, ended]) : waiting.value;
    this.#worker.unref();
    const message = receiveMessageOnPort(this.#port) as { message: Loaded } | undefined;
    if (message) {
      this.#ready = true;
      return message.message;
    }
    await this.end();
    if (outcome === 'ended') return none(`ended the thread that loads it: ${this.#gone}`);
    return none(`did not finish loading within ${LOAD_LIMIT_MS / 1_000} s`);
  }

  /** Blocks for the answer. `late`: it took too long. `gone`: the thread is no more. */
  call(call: Call): Answer | 'late' | 'gone' {
    if (!this.#ready && !this.#waitUntilLoaded()) return 'gone';
    const before = this.#calls;
    this.#port.postMessage(call);
    this.#calls++;
    if (!this.#waitForAnswer(before)) return 'late';
    return (receiveMessageOnPort(this.#port) as { message: Answer } | undefined)?.message ?? 'gone';
  }

  /** This thread stands still meanwhile, so what the process computes is the call's. */
  #waitForAnswer(calls: number): boolean {
    const start = performance.now();
    const computed = process.cpuUsage();
    while (Atomics.wait(this.#signals, ANSWERED, calls, LOOK_EVERY_MS) === 'timed-out') {
      const { user, system } = process.cpuUsage(computed);
      if ((user + system) / 1_000 > CALL_LIMIT_MS || performance.now() - start > LONGEST_CALL_MS) return false;
    }
    return true;
  }

  end(): Promise<unknown> {
    return this.#worker.terminate();
  }

  /** A thread that took the place of one that was cut is usually ready long before the next call. */
  #waitUntilLoaded(): boolean {
    if (Atomics.wait(this.#signals, LOADED, 0, LOAD_LIMIT_MS) === 'timed-out') return false;
    this.#ready = receiveMessageOnPort(this.#port) !== undefined;
    return this.#ready;
  }
}
