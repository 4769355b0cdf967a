/** The thread in which the listed functions live: what hangs or crashes here takes nothing else along. */
import { types } from 'node:util';
import { workerData } from 'node:worker_threads';
import { shortened } from '../shortened.ts';
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

/** Characters of a result's JSON. */
const LONGEST_RESULT = 2 ** 20;
/** Names that a template can write. */
const NAME = /^[A-Za-z_]\w*$/;

type Callable = (...args: unknown[]) => unknown;

const { files, port, signals } = workerData as ThreadData;
const known = new Map<string, Callable>();

// Who waits for an answer stands still, and hears of the end in no other way.
process.once('exit', () => {
  Atomics.store(signals, ENDED, 1);
  Atomics.add(signals, ANSWERED, 1);
  Atomics.notify(signals, ANSWERED);
});

port.postMessage(await load());
Atomics.store(signals, LOADED, 1);
Atomics.notify(signals, LOADED);

port.on('message', (call: Call) => {
  port.postMessage(answer(call));
  Atomics.add(signals, ANSWERED, 1);
  Atomics.notify(signals, ANSWERED);
});

async function load(): Promise<Loaded> {
  const functions: { name: string; file: number }[] = [];
  const problems: LoadProblem[] = [];
  for (const [file, url] of files.entries()) {
    let exported: Record<string, unknown>;
    try {
      exported = (await import(url)) as Record<string, unknown>;
    } catch (thrown) {
      problems.push({ file, message: `cannot be loaded: ${wordsOf(thrown)}`, hint: hintOf(thrown) });
      continue;
    }
    const found = Object.entries(exported).filter(([name, value]) => typeof value === 'function' && NAME.test(name));
    const callable = found.filter(([name]) => name !== 'default');
    if (callable.length === 0) {
      const hint = 'export it by name: export function sign(text) { … }';
      problems.push({ file, message: 'exports no function', hint });
    }
    for (const [name, value] of callable) {
      const problem = problemOf(name, value as Callable, functions);
      if (problem) problems.push({ file, ...problem });
      else {
        known.set(name, value as Callable);
        functions.push({ name, file });
      }
    }
  }
  return { functions, problems };
}

function problemOf(name: string, value: Callable, before: readonly { name: string; file: number }[]) {
  if (types.isAsyncFunction(value) || types.isGeneratorFunction(value)) {
    const message = `${name} is ${types.isGeneratorFunction(value) ? 'a generator' : 'async'}, and a template waits for nothing`;
    return { message, hint: 'make it a plain function that returns its value' };
  }
  const other = before.find((one) => one.name === name);
  return other && { message: `${name} is exported by another listed file too`, hint: 'choose another name' };
}

function answer({ name, args }: Call): Answer {
  const called = known.get(name);
  if (!called) return { error: 'is not there' };
  try {
    const result = called(...(JSON.parse(args) as unknown[]));
    if (typeof (result as { then?: unknown } | null)?.then === 'function') {
      Promise.resolve(result).catch(() => {
        // Nobody waits for it; what matters is that it is refused.
      });
      return { error: 'gave back a promise, and a template waits for nothing' };
    }
    const json = JSON.stringify(result) as string | undefined;
    if (json === undefined) return { error: `gave back ${describe(result)}, which is no JSON value` };
    if (json.length > LONGEST_RESULT) return { error: `gave back more than ${LONGEST_RESULT} characters` };
    return { json };
  } catch (thrown) {
    return { error: `failed: ${wordsOf(thrown)}` };
  }
}

const describe = (value: unknown) => (value === undefined ? 'nothing' : `a ${typeof value}`);

/** What is thrown can be anything, also something that cannot be turned into text. */
function wordsOf(thrown: unknown): string {
  try {
    const words = thrown instanceof Error ? thrown.message : String(thrown);
    return shortened(words.split('\n', 1)[0]!, 500);
  } catch {
    return 'it threw something without a text';
  }
}

function hintOf(thrown: unknown): string | null {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === 'ERR_MODULE_NOT_FOUND') return 'paths count from ringdown.yaml; packages from the file itself';
  return thrown instanceof SyntaxError ? 'it must be an ES module; .mjs or .ts' : null;
}
