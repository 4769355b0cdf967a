import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What is no backend, but what the installers share. */
const SHARED = ['apt', 'cache', 'go', 'java'];

/**
 * `node test/backends/install.ts [NAME…]`: puts the servers that the tests start where the tests look for them, all of them by
 * default. What is there already costs nothing, so a test does the same for the one it needs.
 */
const names = globSync('*.ts', { cwd: join(import.meta.dirname, 'install') })
  .map((file) => basename(file, '.ts'))
  .filter((name) => !SHARED.includes(name))
  .sort();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : names;
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`there is no installer for ${unknown.join(', ')}; there are: ${names.join(', ')}\n`);
  process.exit(2);
}
for (const name of wanted) {
  try {
    const { install } = (await import(`./install/${name}.ts`)) as { install: () => Promise<string> };
    process.stdout.write(`${name}: ${await install()}\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
