import { Worker } from 'node:worker_threads';
import { toError } from '../../core/errors.ts';
import type { ExecuteResult, Reply, RequestBody, WorkerOptions } from './protocol.ts';
import { SqliteError } from './sqlite-error.ts';

interface Waiter {
  resolve(result: ExecuteResult | undefined): void;
  reject(error: Error): void;
  /** Where the caller stood: the worker's own stack says nothing about it. */
  origin: Error;
}

// Type stripping runs .ts as it stands; the published package holds .js.
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** The caller's end of the SQLite thread. Requests are carried out one after another, in the order of their sending. */
export class SqliteThread {
  readonly file: string;
  #worker: Worker;
  #waiters = new Map<number, Waiter>();
  #lastId = 0;
  #ended: Error | undefined;

  private constructor(options: WorkerOptions) {
    this.file = options.file;
    this.#worker = new Worker(WORKER_URL, {
      name: 'sqlite',
      workerData: options,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#end(toError(error)));
    this.#worker.on('exit', (code) => this.#end(new Error(`the SQLite thread has ended (exit code ${code})`)));
  }

  /** Resolves once the file is open; rejects with a SqliteError when it cannot be. */
  static async open(options: WorkerOptions): Promise<SqliteThread> {
    const thread = new SqliteThread(options);
    try {
      await thread.#wait(0);
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
    return thread;
  }

  /** Rejects with a SqliteError; after the thread has ended, with what ended it. */
  async request(body: RequestBody): Promise<ExecuteResult | undefined> {
    if (this.#ended) throw this.#ended;
    const id = ++this.#lastId;
    const answered = this.#wait(id);
    try {
      this.#worker.postMessage({ id, ...body });
    } catch (error) {
      // A parameter that cannot be cloned (a function, say): nothing was sent.
      this.#waiters.get(id)?.reject(toError(error));
      this.#forget(id);
    }
    return answered;
  }

  /** Waits for the requests sent before, closes the file, ends the thread. Idempotent. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    await this.request({ type: 'close' });
    this.#worker.ref();
    await exited;
  }

  #wait(id: number): Promise<ExecuteResult | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#waiters.size === 0) this.#worker.ref();
      this.#waiters.set(id, { resolve, reject, origin: new Error('the query') });
    });
  }

  #forget(id: number): void {
    this.#waiters.delete(id);
    // An idle connection does not keep a process alive.
    if (this.#waiters.size === 0) this.#worker.unref();
  }

  #settle(reply: Reply): void {
    const waiter = this.#waiters.get(reply.id);
    if (!waiter) return;
    this.#forget(reply.id);
    if (reply.ok) {
      waiter.resolve(reply.result);
      return;
    }
    const error = new SqliteError(this.file, reply.error);
    error.stack = `${error.name}: ${error.message}\n${waiter.origin.stack?.split('\n').slice(1).join('\n') ?? ''}`;
    waiter.reject(error);
  }

  #end(cause: Error): void {
    this.#ended ??= new SqliteError(this.file, { message: cause.message });
    for (const waiter of this.#waiters.values()) waiter.reject(this.#ended);
    this.#waiters.clear();
  }
}
