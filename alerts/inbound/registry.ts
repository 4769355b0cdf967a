import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TSchema, Type } from 'typebox';
import type { InboundKind, InboundSettings } from './inbound.ts';

/** Every kind of source there is, by its type: each folder beside this file is one, but for that of the tests. */
export async function loadInboundKinds(): Promise<Map<string, InboundKind>> {
  const extension = extname(fileURLToPath(import.meta.url));
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'testing',
  );
  const kinds = await Promise.all(
    folders.map(async ({ name }) => {
      const { inbound } = (await import(new URL(`./${name}/index${extension}`, import.meta.url).href)) as {
        inbound: InboundKind;
      };
      return inbound;
    }),
  );
  return new Map(kinds.map((kind) => [kind.type, kind] as const).sort(([a], [b]) => a.localeCompare(b)));
}

/** Schema of one entry of `inbound:` in ringdown.yaml. */
export function inboundSchema(kinds: ReadonlyMap<string, InboundKind>): TSchema {
  return Type.Union([...kinds.values()].map((kind) => kind.settings));
}

/** What no schema can say of an entry of the right shape: one clause each. */
export function inboundProblems(kinds: ReadonlyMap<string, InboundKind>, entry: InboundSettings): readonly string[] {
  return kinds.get(entry.type)?.check(entry) ?? [];
}
