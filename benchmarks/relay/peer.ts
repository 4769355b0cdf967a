import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Another process of the benchmark, which answers one question at a time. */
export interface Peer<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

/** @param file beside this one; it calls `answer` */
export function startPeer<Question, Answer>(file: string): Peer<Question, Answer> {
  const child = fork(join(import.meta.dirname, file));
  const gone = once(child, 'exit');
  return {
    async ask(question) {
      child.send({ question });
      const failed = gone.then(([code, signal]) => {
        throw new Error(`${file} ended with ${code ?? signal}`);
      });
      const [said] = (await Promise.race([once(child, 'message'), failed])) as [{ answer?: Answer; error?: string }];
      if (said.error !== undefined) throw new Error(`${file}: ${said.error}`);
      return said.answer as Answer;
    },
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** The other side. It ends when the benchmark does. */
export function answer<Question, Answer>(respond: (question: Question) => Promise<Answer>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', async ({ question }: { question: Question }) => {
    try {
      process.send!({ answer: await respond(question) });
    } catch (error) {
      process.send!({ error: (error as Error).message });
    }
  });
}
