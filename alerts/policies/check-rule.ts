import {
  type Diagnostic,
  diagnosticAt,
  hasShape,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { ruleKinds } from '../rules/registry.ts';
import { commonKeys } from '../rules/rule-schema.ts';
import { namesIn } from '../template.ts';
import { fieldAt } from './fields.ts';
import type { KnownNames } from './known-names.ts';

const KINDS = ['scenario', ...ruleKinds.keys()];
const LONGEST_MS = 7 * 86_400_000;

/** What the schema cannot say about one rule. The file may still have the wrong shape, so nothing is taken for granted. */
export function checkRule(doc: SourceDocument, path: Path, rule: unknown, known: KnownNames): Diagnostic[] {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return [];
  const named = KINDS.filter((kind) => Object.hasOwn(rule, kind));
  if (named.length === 0) {
    // What is misspelt has been told where it stands.
    const strange = Object.keys(rule).some((key) => !KINDS.includes(key) && !isCommon(key));
    return strange ? [] : [diagnosticAt(doc, path, 'a rule without a kind', `one of ${KINDS.join(', ')}`, 'key')];
  }
  if (named.length > 1) {
    const message = `one rule is of one kind, found ${named.join(' and ')}`;
    return [diagnosticAt(doc, [...path, named[1]!], message, 'make it two rules', 'key')];
  }
  return named[0] === 'scenario'
    ? checkScenarioRule(doc, path, rule)
    : checkSignalRule(doc, path, rule, named[0]!, known);
}

const isCommon = (key: string) => key === 'failing' || Object.hasOwn(commonKeys, key);

function checkScenarioRule(doc: SourceDocument, path: Path, rule: object): Diagnostic[] {
  return Object.keys(commonKeys)
    .filter((key) => Object.hasOwn(rule, key))
    .map((key) => {
      const hint =
        key === 'for' ? 'failing: { consecutive: … } says how long' : 'the policy has them, or the scenario itself';
      return diagnosticAt(doc, [...path, key], `a rule on scenarios takes no "${key}"`, hint, 'key');
    });
}

function checkSignalRule(doc: SourceDocument, path: Path, rule: object, name: string, known: KnownNames): Diagnostic[] {
  const kind = ruleKinds.get(name)!;
  const written = fieldAt(rule, name);
  const found: Diagnostic[] = [];
  const at = (where: Path, message: string, hint?: string, part?: 'key' | 'value') => {
    found.push(diagnosticAt(doc, [...path, ...where], message, hint, part));
  };
  if (!Object.hasOwn(rule, 'id')) at([name], `a rule of kind ${name} needs "id"`, 'for example: id: slow-posts', 'key');
  if (Object.hasOwn(rule, 'failing')) {
    at(['failing'], `"failing" goes with scenario, not with ${name}`, 'for: says how long it must hold', 'key');
  }
  checkTimes(rule, at);
  if (!hasShape(written, kind.schema)) return found;
  const problems = kind.check(written);
  for (const problem of problems) at([name, ...problem.path], problem.message, problem.hint, problem.part);
  for (const { path: where, to, name: wanted } of kind.references(written)) {
    const names = to === 'backend' ? known.backends : known.heartbeats;
    if (names?.includes(wanted) === false) {
      const hint = names.length === 0 ? `ringdown.yaml has no ${to}s` : suggestion(wanted, names);
      at([name, ...where], `unknown ${to} "${wanted}"`, hint);
    }
  }
  const summary = fieldAt(rule, 'summary');
  if (problems.length === 0 && typeof summary === 'string') {
    const labels = fieldAt(rule, 'labels');
    const own = typeof labels === 'object' && labels !== null ? Object.keys(labels) : [];
    const names = ['value', 'threshold', 'service', 'environment', ...kind.labels(kind.compile(written)), ...own];
    for (const wanted of namesIn(summary)) {
      if (!names.includes(wanted)) at(['summary'], `unknown name "${wanted}" in summary`, suggestion(wanted, names));
    }
  }
  return found;
}

function checkTimes(rule: object, at: (path: Path, message: string) => void): void {
  const every = durationAt(rule, 'every');
  if (every !== undefined && (every < 1_000 || every > 3_600_000)) {
    at(['every'], 'a rule is evaluated at least every 1h and at most every 1s');
  }
  for (const key of ['for', 'keep_firing_for']) {
    const ms = durationAt(rule, key);
    if (ms !== undefined && ms > LONGEST_MS) at([key], `"${key}" is at most 7d`);
  }
}

function durationAt(rule: object, key: string): number | undefined {
  const written = fieldAt(rule, key);
  return typeof written === 'string' ? parseDuration(written) : undefined;
}
