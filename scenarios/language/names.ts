import {
  type Diagnostic,
  diagnosticWithin,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { protocols } from '../engine/protocols/registry.ts';
import { compileValue, type Expression, expressionsOf } from './template.ts';
import { entriesOf, field, listOf } from './written.ts';

/** Keys of a step whose texts may hold templates, all of which see the names from before the step. */
const TEMPLATED_KEYS = [...protocols.flatMap(({ keys }) => Object.keys(keys)), 'expect', 'warn'];

/**
 * Follows the names that templates use through the file: a name must be a variable, or captured by an earlier step.
 * Reports template syntax, unknown names, names used too early and undeclared secrets.
 */
export function checkNames(doc: SourceDocument): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const secrets = listOf(field(doc.value, 'secrets')).filter((name) => typeof name === 'string');
  const capturedBy = captures(doc.value);
  const known = new Set<string>();

  const report = (path: Path, expression: Expression, message: string, hint?: string) => {
    diagnostics.push(diagnosticWithin(doc, path, expression, message, hint));
  };

  const checkTexts = (value: unknown, path: Path, where: string, step?: unknown) => {
    visitTexts(value, path, (text, at) => {
      const template = compileValue(text, 'none', (_, errors) => {
        for (const error of errors) diagnostics.push(diagnosticWithin(doc, at, error, error.message, error.hint));
      });
      for (const expression of expressionsOf(template)) {
        const { source, filters } = expression;
        if (source.kind === 'secret' && !secrets.includes(source.name)) {
          const hint = secrets.length > 0 ? suggestion(source.name, secrets) : undefined;
          report(
            at,
            expression,
            `secret "${source.name}" is not declared`,
            hint ?? `add it: secrets: [${source.name}]`,
          );
        }
        if (source.kind !== 'name' || known.has(source.name) || filters[0]?.name === 'default') continue;
        const later = capturedBy.get(source.name);
        if (later === undefined) {
          const nothing = known.size === 0 ? 'nothing is defined here: add a variable or a capture' : undefined;
          const hint = suggestion(source.name, known) ?? nothing;
          report(at, expression, `unknown name "${source.name}" ${where}`, hint);
        } else if (later === field(step, 'name')) {
          const hint = 'captures are made after "expect" is judged: use it in a later step';
          report(at, expression, `{{ ${source.name} }} is captured by this very step`, hint);
        } else report(at, expression, `{{ ${source.name} }} is used ${where} before step "${later}" captures it`);
      }
    });
  };

  for (const [name, value] of entriesOf(field(doc.value, 'variables'))) {
    checkTexts(value, ['variables', name], `in variable "${name}"`);
    known.add(name);
  }
  for (const section of ['steps', 'always']) {
    listOf(field(doc.value, section)).forEach((step, index) => {
      const name = field(step, 'name');
      const where = typeof name === 'string' ? `in step "${name}"` : `in ${section}[${index}]`;
      for (const key of TEMPLATED_KEYS) checkTexts(field(step, key), [section, index, key], where, step);
      for (const [capture] of entriesOf(field(step, 'capture'))) known.add(capture);
    });
  }
  return diagnostics;
}

/** Which step captures a name first. */
function captures(file: unknown): Map<string, string> {
  const found = new Map<string, string>();
  for (const step of [...listOf(field(file, 'steps')), ...listOf(field(file, 'always'))]) {
    for (const [name] of entriesOf(field(step, 'capture'))) {
      if (!found.has(name)) found.set(name, String(field(step, 'name') ?? ''));
    }
  }
  return found;
}

function visitTexts(value: unknown, path: Path, visit: (text: string, path: Path) => void): void {
  if (typeof value === 'string') {
    if (value.includes('{{')) visit(value, path);
    return;
  }
  const items: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : entriesOf(value);
  for (const [key, item] of items) visitTexts(item, [...path, key], visit);
}
