import { pluginsIn } from '../plug-ins.ts';
import type { Protocol } from './protocol.ts';

/** Every kind of step that has a folder here. */
export const protocols: readonly Protocol[] = (await pluginsIn<{ protocol: Protocol }>(import.meta.url)).map(
  ({ protocol }) => protocol,
);

const byKind = new Map(protocols.map((protocol) => [protocol.kind, protocol]));

/** @param kind of a step of a parsed scenario, so there is one */
export function protocolOf(kind: string): Protocol {
  return byKind.get(kind)!;
}

/** The kinds whose key stands in a step as it is written. */
export function protocolsNamedIn(step: object): readonly Protocol[] {
  return protocols.filter(({ key }) => Object.hasOwn(step, key));
}
