import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: the checkout, or the installed package. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

export const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
  .version;

/** How Ringdown introduces itself to services and vendors. */
export const userAgent = `ringdown/${version}`;

// Compiled files lie one folder deeper (dist/app) than sources (app).
function findRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    try {
      if ((JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { name?: string }).name === 'ringdown')
        return at;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (at === dirname(at)) throw new Error(`no package.json of ringdown above ${folder}`);
  }
}
