import { pluginsIn } from '../plug-ins.ts';
import type { AuthKind } from './auth.ts';

/** Every way of saying who a request is from that has a folder here. */
export const authKinds: readonly AuthKind[] = (await pluginsIn<{ auth: AuthKind }>(import.meta.url)).map(
  ({ auth }) => auth,
);

const byKind = new Map(authKinds.map((found) => [found.kind, found]));

export function authKind(kind: string): AuthKind | undefined {
  return byKind.get(kind);
}
