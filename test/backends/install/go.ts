import { fromApt } from './apt.ts';
import { run } from './cache.ts';

/**
 * Runs `go` without cgo, so that a binary runs wherever it is put.
 * @param cwd the module's folder, where there is one
 */
export async function go(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<void> {
  const command = await fromApt('go', ['golang']);
  await run(command, args, { env: { ...process.env, CGO_ENABLED: '0', ...env }, ...(cwd && { cwd }) });
}
