import { readFileSync } from 'node:fs';
import type { KnownNames } from '../../alerts/policies/known-names.ts';
import { duplicateIds, parsePolicy } from '../../alerts/policies/parse.ts';
import type { Policy } from '../../alerts/policies/policy.ts';
import { type Diagnostic, diagnosticAt, readDocument } from '../../core/document/index.ts';
import { toError } from '../../core/errors.ts';
import type { Scenario } from '../../scenarios/language/model.ts';
import { parseFragment, parseScenario } from '../../scenarios/language/parse.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import type { Loaded } from './load.ts';
import { missingPolicy } from './references.ts';

export interface LoadedScenarios extends Loaded<Scenario[]> {
  /** Every file that a scenario names, also one that is not there. */
  named: string[];
  /** What is right and still not what its author may think. */
  notes: Diagnostic[];
}

/**
 * Reads scenario files; everything wrong in any of them is in `diagnostics`.
 * @param functions names that `$call` may call; undefined: any
 */
export function loadScenarios(
  files: readonly string[],
  policies: readonly Policy[] | null,
  functions?: readonly string[],
): LoadedScenarios {
  const scenarios: Scenario[] = [];
  const named = new Set<string>();
  const notes: Diagnostic[] = [];
  const today = new Date().toISOString().slice(0, 10);
  const fragments = new Map<string, string>();
  const { diagnostics, texts } = readEach(files, (text, file) => {
    const parsed = parseScenario(text, file, { files: diskFiles(file), today, ...(functions ? { functions } : {}) });
    for (const name of parsed.files) named.add(name);
    notes.push(...parsed.notes);
    for (const [name, content] of parsed.texts) fragments.set(name, content);
    const found = [...parsed.diagnostics];
    const { scenario } = parsed;
    if (scenario) {
      const twin = scenarios.find(({ id }) => id === scenario.id);
      if (twin) found.push(at(text, file, ['id'], `the id "${scenario.id}" is used by ${twin.file} already`));
      if (policies) found.push(...missingPolicy(scenario, parsed.texts, policies));
      scenarios.push(scenario);
    }
    return found;
  });
  return { value: scenarios, diagnostics, texts: new Map([...fragments, ...texts]), named: [...named], notes };
}

/** Checks files of steps by themselves; what their names mean is known only where they are included. */
export function checkFragments(files: readonly string[]): Loaded<null> {
  const included = new Map<string, string>();
  const { diagnostics, texts } = readEach(files, (text, file) => {
    const parsed = parseFragment(text, file, { files: diskFiles(file) });
    for (const [name, content] of parsed.texts) included.set(name, content);
    return parsed.diagnostics;
  });
  return { value: null, diagnostics, texts: new Map([...included, ...texts]) };
}

/** Reads policy files. @param known names that they may use */
export function loadPolicies(files: readonly string[], known: KnownNames): Loaded<Policy[]> {
  const read: { policy: Policy; file: string; text: string }[] = [];
  const { diagnostics, texts } = readEach(files, (text, file) => {
    const { policy, diagnostics: found } = parsePolicy(text, file, known);
    if (policy) read.push({ policy, file, text });
    return found;
  });
  for (const { id, files: same } of duplicateIds(read)) {
    const { file, text } = read.find((entry) => entry.file === same[1])!;
    diagnostics.push(at(text, file, ['id'], `the id "${id}" is used by ${same[0]} already`));
  }
  return { value: read.map(({ policy }) => policy), diagnostics, texts };
}

function readEach(files: readonly string[], read: (text: string, file: string) => readonly Diagnostic[]) {
  const diagnostics: Diagnostic[] = [];
  const texts = new Map<string, string>();
  for (const file of files) {
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const { code, message } = toError(error) as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'there is no such file' : message;
      diagnostics.push({ file, line: 1, column: 1, message: `it cannot be read: ${why}` });
      continue;
    }
    texts.set(file, text);
    diagnostics.push(...read(text, file));
  }
  return { diagnostics, texts };
}

function at(text: string, file: string, path: string[], message: string, hint?: string): Diagnostic {
  return diagnosticAt(readDocument(text, file), path, message, hint);
}
