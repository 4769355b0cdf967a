import { existsSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type TSchema, Type } from 'typebox';
import { EXIT, RingdownError } from '../../core/errors.ts';
import type { BackendSettings } from '../exporter.ts';
import type { LoopCheck, SourceKind, SourceSettings } from './source.ts';
import { withoutSecrets } from './without-secrets.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** `.ts` in a checkout, `.js` once compiled. */
const ending = extname(fileURLToPath(import.meta.url));

/** Every type of source there is: the folders beside this file that have an index. */
export function sourceTypes(): string[] {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, `index${ending}`)))
    .map((entry) => entry.name)
    .sort();
}

async function load<Loaded>(type: string, file: 'index' | 'config'): Promise<Loaded> {
  const known = sourceTypes();
  if (!known.includes(type)) {
    throw new RingdownError('UNKNOWN_SOURCE', `there is no source of type ${JSON.stringify(type)}`, {
      hint: `known types: ${known.join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  return (await import(pathToFileURL(join(here, type, `${file}${ending}`)).href)) as Loaded;
}

/**
 * Nothing that the source says holds a secret of its settings.
 * @throws RingdownError `UNKNOWN_SOURCE` (exit code 2), naming the types there are
 */
export async function loadSource(type: string): Promise<SourceKind> {
  return withoutSecrets((await load<{ source: SourceKind }>(type, 'index')).source);
}

/** Schema of one entry of `sources:` in ringdown.yaml. Loads no client library. */
export async function sourceSchema(): Promise<TSchema> {
  return Type.Union(
    await Promise.all(sourceTypes().map(async (type) => (await load<{ schema: TSchema }>(type, 'config')).schema)),
  );
}

/**
 * Why a source must not run beside the backends: it would fetch what one of them writes, and grow for ever.
 * @returns undefined when it may
 * @throws RingdownError `UNKNOWN_SOURCE`
 */
export async function findLoop(
  source: SourceSettings,
  backends: readonly BackendSettings[],
): Promise<string | undefined> {
  const { loopsWith } = await load<{ loopsWith: LoopCheck }>(source.type, 'config');
  for (const backend of backends) {
    const reason = loopsWith(source, backend);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
