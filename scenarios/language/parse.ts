import { checkDocument, type Diagnostic, inOrder, readDocument } from '../../core/document/index.ts';
import { type Files, noFiles } from '../engine/files.ts';
import { buildScenario } from './build.ts';
import { checkMeaning } from './meaning.ts';
import type { Scenario } from './model.ts';
import { checkNames } from './names.ts';
import { ScenarioSchema, type WrittenScenario } from './schema.ts';

export interface ParsedScenario {
  /** Absent when anything is wrong. */
  readonly scenario?: Scenario;
  /** Everything wrong, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a scenario file. Never throws on what a file says.
 * @param file how diagnostics call it; kept in the scenario
 * @param files that it may name; without them it can name none
 */
export function parseScenario(text: string, file: string, files: Files = noFiles): ParsedScenario {
  const doc = readDocument(text, file);
  const diagnostics = inOrder([
    ...doc.diagnostics,
    ...checkDocument(doc, ScenarioSchema),
    ...checkMeaning(doc, files),
    ...checkNames(doc),
  ]);
  // What YAML misread was replaced by something else; complaints about the replacement only confuse.
  const misread = new Set(doc.diagnostics.map(({ line, column }) => `${line}:${column}`));
  const distinct = diagnostics.filter(
    (found) => doc.diagnostics.some(same(found)) || !misread.has(`${found.line}:${found.column}`),
  );
  return distinct.length > 0
    ? { diagnostics: distinct }
    : { scenario: buildScenario(doc.value as WrittenScenario, file, files), diagnostics: [] };
}

function same(one: Diagnostic) {
  return (other: Diagnostic) => other.line === one.line && other.column === one.column && other.message === one.message;
}
