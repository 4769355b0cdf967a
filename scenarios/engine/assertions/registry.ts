import { pluginsIn } from '../plug-ins.ts';
import type { AssertionKind, CaptureKind } from './assertion.ts';

/** Every kind of assertion that has a folder here, by the keys that name it. */
export const assertionKinds: readonly AssertionKind[] = (
  await pluginsIn<{ assertion: AssertionKind }>(import.meta.url)
).map(({ assertion }) => assertion);

/** The kinds that a value can be captured from, by their key under `capture`. */
export const captureKinds: ReadonlyMap<string, CaptureKind> = new Map(
  assertionKinds.flatMap(({ kind, capture }) => (capture ? [[kind, capture]] : [])),
);

const byKey = new Map(
  assertionKinds.flatMap((found) => [found.kind, ...found.aliases].map((key) => [key, found] as const)),
);

/** The kind that a key under `expect` or `warn` names. */
export function assertionKind(key: string): AssertionKind | undefined {
  return byKey.get(key);
}
