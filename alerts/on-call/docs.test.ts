import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkDocument, readDocument } from '../../core/document/index.ts';
import { parseOnCall } from './parse.ts';
import { OnCallSchema } from './schema.ts';
import { whoIsOnCall } from './shifts.ts';
import { words } from './testing/written.ts';

const text = readFileSync(new URL('../../docs/on-call.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => example!);
const CHANNELS = ['push', 'call-kim', 'push-minsu', 'mail'];

function read(example: string) {
  const doc = readDocument(example, 'docs/on-call.md');
  const value = (doc.value as { on_call: unknown }).on_call;
  const shape = checkDocument({ ...doc, value }, OnCallSchema);
  const around = { path: ['on_call'], channels: CHANNELS, at: Date.parse('2026-11-23T00:00Z') };
  const parsed = parseOnCall(doc, value, around);
  return { ...parsed, said: [...doc.diagnostics, ...shape, ...parsed.diagnostics, ...parsed.notes].map(words) };
}

test('the examples in the document are right, and leave no hour uncovered', () => {
  expect(examples).toHaveLength(2);
  for (const example of examples) expect(read(example).said).toEqual([]);
});

test('office hours stand over nights and weekends, as the document says', () => {
  const schedule = read(examples[1]!).onCall!.schedules.get('follow-the-sun')!;
  const who = (at: string) => whoIsOnCall(schedule, Date.parse(at)).join();
  expect(who('2026-11-04T12:00:00+01:00')).toBe('cai');
  expect(who('2026-11-04T18:00:00+01:00')).toBe('ana');
  expect(who('2026-11-14T12:00:00+01:00')).toBe('bob');
});
