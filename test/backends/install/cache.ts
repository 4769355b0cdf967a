import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Kept between runs and ignored by git; a checkout can share another's through RINGDOWN_BACKENDS_CACHE. */
const CACHE = process.env.RINGDOWN_BACKENDS_CACHE ?? resolve(import.meta.dirname, '../../../.cache/backends');

/**
 * The folder of what `build` makes, made once: the name carries the version, so another version is another folder. Two processes
 * that want the same build it once, and a build that fails or is killed leaves nothing that is taken for finished.
 */
export async function cached(name: string, build: (draft: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  return await locked(name, async () => {
    if (existsSync(folder)) return folder;
    process.stderr.write(`installing ${name} …\n`);
    const draft = mkdtempSync(join(CACHE, `.${name}-`));
    try {
      const made = join(draft, 'made');
      mkdirSync(made);
      await build(made);
      renameSync(made, folder);
    } catch (error) {
      throw new Error(`${name} could not be installed: ${(error as Error).message}`, { cause: error });
    } finally {
      await run('chmod', ['-R', 'u+w', draft]); // Go leaves its folders read-only.
      rmSync(draft, { recursive: true, force: true });
    }
    return folder;
  });
}

/** Holds `name` against every other process while `work` goes on. The lock is the kernel's, so it ends with whoever held it. */
export async function locked<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(CACHE, { recursive: true });
  const holder = spawn('flock', [join(CACHE, `${name}.lock`), 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(holder, 'close');
  await Promise.race([once(holder.stdout, 'data'), gone]);
  if (holder.exitCode) throw new Error(`${name} could not be locked: flock ended with ${holder.exitCode}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await gone;
  }
}

/**
 * Runs a command to its end.
 * @returns what it printed on standard output
 * @throws with the end of what it said when it fails
 */
export async function run(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout!.on('data', (chunk) => {
    printed += chunk;
    said = (said + chunk).slice(-4_000);
  });
  child.stderr!.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const failed = await new Promise<string | undefined>((done) => {
    child.once('error', ({ message }) => done(message));
    child.once('close', (code, signal) => done(code === 0 ? undefined : `it ended with ${code ?? signal}: ${said}`));
  });
  if (failed) throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ${failed}`);
  return printed;
}
