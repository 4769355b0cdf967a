import { existsSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type TSchema, Type } from 'typebox';
import { EXIT, RingdownError } from '../../core/errors.ts';
import type { Backend, BackendSettings } from '../exporter.ts';
import { whatIsWrong } from '../refuse-settings.ts';
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

interface ConfigModule {
  schema: TSchema;
  readConfig(settings: BackendSettings): unknown;
}

const loadConfigOf = async (type: string) =>
  (await import(pathToFileURL(join(here, type, `config${ending}`)).href)) as ConfigModule;

/** Schema of one entry of `backends:` in ringdown.yaml. Loads no backend, only its `config` file. */
export async function backendSchema(): Promise<TSchema> {
  const configs = await Promise.all(backendTypes().map(loadConfigOf));
  return Type.Union(configs.map(({ schema }) => schema));
}

/** What no schema can say of an entry that fits its own, such as which keys go together: one clause each, naming its key. */
export async function backendCheck(): Promise<(settings: BackendSettings) => readonly string[]> {
  const types = backendTypes();
  const configs = await Promise.all(types.map(loadConfigOf));
  const byType = new Map(types.map((type, index) => [type, configs[index]!]));
  return (settings) => {
    const config = byType.get(settings.type);
    return config ? whatIsWrong(config.readConfig, settings) : [];
  };
}
