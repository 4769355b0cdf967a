import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of this suite that answers each message with one message. */
export class Child {
  readonly #process: ChildProcess;
  readonly #answers: ((message: unknown) => void)[] = [];
  readonly #early: unknown[] = [];
  #ended: Error | undefined;

  constructor(script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const options = { stdio: 'inherit', env: { ...process.env, ...env } } as const;
    this.#process = fork(join(import.meta.dirname, script), args, options);
    this.#process.on('message', (message) => {
      const answer = this.#answers.shift();
      if (answer) answer(message);
      else this.#early.push(message);
    });
    this.#process.on('exit', (code) => {
      this.#ended = new Error(`${script} ${args.join(' ')} ended with code ${code}`);
      for (const answer of this.#answers.splice(0)) answer(this.#ended);
    });
  }

  /** The next message. Rejects when the process ends instead. */
  async next<Message>(): Promise<Message> {
    if (this.#early.length > 0) return this.#early.shift() as Message;
    const message = this.#ended ?? (await new Promise<unknown>((resolve) => this.#answers.push(resolve)));
    if (message instanceof Error) throw message;
    return message as Message;
  }

  async ask<Message>(question: string | object): Promise<Message> {
    const answer = this.next<Message>();
    this.#process.send(question);
    return answer;
  }

  stop(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
