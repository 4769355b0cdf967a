import { existsSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type TSchema, Type } from 'typebox';
import { EXIT, RingdownError } from '../../core/errors.ts';
import type { Backend } from '../exporter.ts';
import { withoutSecrets } from './without-secrets.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** `.ts` in a checkout, `.js` once compiled. */
const ending = extname(fileURLToPath(import.meta.url));

/** Every backend type there is: the folders beside this file that have an index. */
export function backendTypes(): string[] {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, `index${ending}`)))
    .map((entry) => entry.name)
    .sort();
}

/**
 * Loads the backend whose folder bears the name. Nothing that it says holds a secret of its settings.
 * @throws RingdownError `UNKNOWN_BACKEND` (exit code 2), naming the types there are
 */
export async function loadBackend(type: string): Promise<Backend> {
  const known = backendTypes();
  if (!known.includes(type)) {
    throw new RingdownError('UNKNOWN_BACKEND', `there is no backend of type ${JSON.stringify(type)}`, {
      hint: `known types: ${known.join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  const loaded = (await import(pathToFileURL(join(here, type, `index${ending}`)).href)) as { backend: Backend };
  return withoutSecrets(loaded.backend);
}

/** Schema of one entry of `backends:` in ringdown.yaml. Loads no backend, only its `config` file. */
export async function backendSchema(): Promise<TSchema> {
  const schemas = await Promise.all(
    backendTypes().map(async (type) => {
      const loaded = (await import(pathToFileURL(join(here, type, `config${ending}`)).href)) as { schema: TSchema };
      return loaded.schema;
    }),
  );
  return Type.Union(schemas);
}
