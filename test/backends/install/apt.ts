import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { locked, run } from './cache.ts';

/** Where Debian puts servers, beside what PATH says. */
const PLACES = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];

/** The path of a program, or undefined where it is not installed. */
export function installed(program: string): string | undefined {
  return PLACES.map((place) => join(place, program)).find((path) => existsSync(path));
}

/**
 * The path of a program, installed from Debian's `packages` where it is missing and we may.
 * @throws with the command to type where we may not
 */
export async function fromApt(program: string, packages: string[]): Promise<string> {
  return (
    installed(program) ??
    (await locked('apt', async () => {
      const there = installed(program);
      if (there) return there;
      const command = `apt-get install ${packages.join(' ')}`;
      if (!installed('apt-get'))
        throw new Error(`${program} is not installed, and this is no Debian to \`${command}\``);
      if (process.getuid?.() !== 0) throw new Error(`${program} is not installed: run \`sudo ${command}\``);
      process.stderr.write(`installing ${packages.join(' ')} …\n`);
      // RUNLEVEL keeps the packages from starting services of their own, on the ports that everyone knows.
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
      const quietly = ['-qq', '-o', 'DPkg::Lock::Timeout=600'];
      await run('apt-get', ['update', ...quietly], { env });
      await run('apt-get', ['install', '-y', '--no-install-recommends', ...quietly, ...packages], { env });
      const now = installed(program);
      if (!now) throw new Error(`\`${command}\` went well, and ${program} is still not to be found`);
      return now;
    }))
  );
}
