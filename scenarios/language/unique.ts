import { type Diagnostic, diagnosticAt } from '../../core/document/index.ts';
import type { PlacedStep } from './expand.ts';

/** Names tell steps apart in pages and reports; fragments that are included twice need a prefix. */
export function checkUnique(steps: readonly PlacedStep[]): Diagnostic[] {
  const first = new Map<string, PlacedStep>();
  return steps
    .flatMap((step) => [step, ...(step.group ?? [])])
    .flatMap((step) => {
      if (step.name === undefined) return [];
      const other = first.get(step.name);
      if (!other) {
        first.set(step.name, step);
        return [];
      }
      const message = `a second step is called "${step.name}"`;
      const { include } = step;
      if (!include || include === other.include) {
        const hint = 'names tell steps apart in pages and reports';
        return [diagnosticAt(step.doc, [...step.path, 'name'], message, hint)];
      }
      const hint = 'give the steps of this file a prefix: "again: "';
      return [diagnosticAt(include.doc, [...include.path, 'include'], message, hint)];
    });
}
