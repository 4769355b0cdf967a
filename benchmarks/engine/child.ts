import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of this suite: it sends a first message when ready, then answers each message with one message. */
export class Child<First> {
  readonly #process: ChildProcess;
  readonly ready: Promise<First>;

  constructor(script: string, args: string[] = []) {
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), args, { stdio: 'inherit' });
    this.ready = this.#answer<First>();
  }

  async ask<Answer>(question: object): Promise<Answer> {
    const answer = this.#answer<Answer>();
    this.#process.send(question);
    return answer;
  }

  stop(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  /** The next message. Rejects when the process ends instead. */
  async #answer<Message>(): Promise<Message> {
    const settled = new AbortController();
    const ended = once(this.#process, 'exit', { signal: settled.signal }).then(([code]) => {
      throw new Error(`${this.#process.spawnargs.slice(1).join(' ')} ended with code ${code}`);
    });
    const message = once(this.#process, 'message', { signal: settled.signal });
    try {
      const [first] = await Promise.race([message, ended]);
      return first as Message;
    } finally {
      for (const other of [message, ended]) other.catch(() => {});
      settled.abort();
    }
  }
}
