import pc from 'picocolors';
import { type Drift, driftBetween } from '../../../alerts/compilers/drift.ts';
import { EXIT, RingdownError } from '../../../core/errors.ts';
import { count, printDiagnostics, terminal } from '../../terminal.ts';
import { type CompilationOptions, loadCompilation } from './load-compilation.ts';

export interface CheckOptions extends CompilationOptions {
  /** Of the target's API; user and password may stand in it. */
  url: string;
  /** Name of an environment variable with what follows `Authorization:`. */
  authorization: string | undefined;
  json: boolean;
}

const TIMEOUT_MS = 30_000;

/** `ringdown alerts check`: whether what is deployed is what the policies say. @returns 1 when it is not */
export async function checkDeployed(options: CheckOptions): Promise<number> {
  const { compiler, context, compilation, texts } = await loadCompilation(options);
  if (compilation.refusals.length > 0) {
    printDiagnostics(compilation.refusals, texts);
    return EXIT.usage;
  }
  if (!compiler.deployed) {
    throw new RingdownError('CHECK', `${compiler.title} cannot be asked what it has`, { exitCode: EXIT.usage });
  }
  const wanted = compilation.items;
  const names = wanted.map(({ id }) => id);
  const abort = AbortSignal.timeout(TIMEOUT_MS);
  const asking = compiler.deployed(connectionOf(options), context, names, abort);
  const drifts = driftBetween(wanted, await terminal.progress(`asking ${compiler.title}`, asking));
  if (options.json) terminal.out(JSON.stringify({ target: compiler.target, checked: wanted.length, drifts }));
  else {
    for (const drift of drifts) describe(drift);
    if (drifts.length === 0) terminal.out(`${count(wanted.length, 'item')} deployed as the policies say`);
    else terminal.err(pc.red(`${count(drifts.length, 'difference')} between the policies and ${compiler.title}`));
  }
  return drifts.length > 0 ? EXIT.failed : EXIT.success;
}

function describe({ id, kind, aspects }: Drift): void {
  const words = { missing: 'is not deployed', changed: 'differs', unknown: 'is deployed, and in no policy' };
  terminal.out(`${pc.bold(id)} ${words[kind]}`);
  for (const { aspect, wanted, found } of aspects) {
    terminal.out(`  ${aspect}`);
    terminal.out(pc.green(`    policy:   ${wanted ?? '(nothing)'}`));
    terminal.out(pc.red(`    deployed: ${found ?? '(nothing)'}`));
  }
}

function connectionOf({ url, authorization }: CheckOptions) {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new RingdownError('CHECK', `"${url}" is no http or https URL`, { exitCode: EXIT.usage });
  }
  const address = new URL(url);
  const headers: Record<string, string> = {};
  if (address.username !== '') {
    const user = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`;
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    address.username = '';
    address.password = '';
  }
  if (authorization !== undefined) {
    const value = process.env[authorization];
    if (!value) {
      const hint = 'it holds what follows "Authorization:", such as "Bearer …"';
      throw new RingdownError('CHECK', `the environment variable ${authorization} is not set`, {
        hint,
        exitCode: EXIT.usage,
      });
    }
    headers.authorization = value;
  }
  return { url: address.href, headers };
}
