import { checkDocument, type Diagnostic, readDocument } from '../../../core/document/index.ts';
import type { OnCall, Schedule } from '../on-call.ts';
import { type ParsedOnCall, parseOnCall } from '../parse.ts';
import { OnCallSchema } from '../schema.ts';

/** Reads the content of `on_call:` as it would stand in a file of its own. */
export function parseWritten(
  text: string,
  channels: readonly string[] = ['push', 'call', 'mail'],
  at = 0,
): ParsedOnCall {
  const doc = readDocument(text, 'ringdown.yaml');
  const shape = [...doc.diagnostics, ...checkDocument(doc, OnCallSchema)];
  if (shape.length > 0) return { onCall: null, diagnostics: shape, notes: [] };
  return parseOnCall(doc, doc.value, { path: [], channels, at });
}

/** @throws when it has mistakes */
export function onCallOf(text: string): OnCall {
  const { onCall, diagnostics } = parseWritten(text);
  if (!onCall) throw new Error(diagnostics.map(words).join('\n'));
  return onCall;
}

/** A schedule `primary` whose users ana, bob, cai and dee are told by push. */
export function scheduleOf(schedule: string): Schedule {
  const users = ['ana', 'bob', 'cai', 'dee'].map((key) => `${key}: { notify: [{ channel: push }] }`).join(', ');
  return onCallOf(`users: { ${users} }\nschedules: { primary: ${schedule} }`).schedules.get('primary')!;
}

export function words({ line, column, message, hint }: Diagnostic): string {
  return `${line}:${column} ${message}${hint ? ` (${hint})` : ''}`;
}
