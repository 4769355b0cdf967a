import { type Diagnostic, diagnosticAt, type SourceDocument } from '../../core/document/index.ts';
import { formatDuration } from '../../core/units.ts';
import type { PlacedStep } from './expand.ts';
import type { Scenario } from './model.ts';
import { lengthOf } from './step-meaning.ts';
import { field, isMapping } from './written.ts';

/**
 * What is right and still not what its author may think. Nothing stops because of it.
 * @param today YYYY-MM-DD, UTC
 */
export function notesOn(
  doc: SourceDocument,
  { quarantine, timeoutMs }: Scenario,
  steps: readonly PlacedStep[],
  today: string,
): Diagnostic[] {
  const notes: Diagnostic[] = [];
  if (quarantine && quarantine.until < today) {
    const message = `the quarantine is over since ${quarantine.until}: this scenario rings again`;
    notes.push(diagnosticAt(doc, ['quarantine', 'until'], message, 'remove it, or give it another day'));
  }
  for (const { written, doc: own, path } of steps.flatMap((step) => step.group ?? [step])) {
    const { repeat } = written;
    if (!isMapping(repeat)) continue;
    const waits = Number(field(repeat, 'at_most')) - 1;
    const waitedMs = waits * (lengthOf(repeat.every) ?? 1_000);
    if (!(waitedMs > timeoutMs)) continue;
    const message = `${waits} waits take ${formatDuration(waitedMs)}, and the attempt has ${formatDuration(timeoutMs)}`;
    notes.push(diagnosticAt(own, [...path, 'repeat', 'at_most'], message, 'give the scenario a longer timeout'));
  }
  return notes;
}
