import { type Diagnostic, diagnosticAt, type SourceDocument } from '../../core/document/index.ts';
import { readWindow } from './check.ts';
import type { WrittenWindows } from './schema.ts';
import type { MaintenanceWindow } from './silence.ts';

/**
 * Reads `maintenance_windows` of a config whose shape is right.
 * @param path where the list stands in the document
 * @returns the windows that can be used, and what is wrong with the others at its place
 */
export function readMaintenance(
  doc: SourceDocument,
  written: WrittenWindows,
  path: readonly (string | number)[],
): { windows: MaintenanceWindow[]; diagnostics: Diagnostic[] } {
  const windows: MaintenanceWindow[] = [];
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  written.forEach(({ id, name = id, matchers, schedule }, index) => {
    if (seen.has(id)) diagnostics.push(diagnosticAt(doc, [...path, index, 'id'], `"${id}" is there twice`));
    seen.add(id);
    const { window, problems } = readWindow({ name, matchers, schedule });
    for (const problem of problems) {
      diagnostics.push(diagnosticAt(doc, [...path, index, ...problem.path], problem.message, problem.hint));
    }
    if (window) windows.push({ id, ...window, source: 'config', created_by: 'ringdown.yaml' });
  });
  return { windows, diagnostics };
}
