import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../../core/document/index.ts';
import { parseScenario } from '../language/parse.ts';
import type { SourceFiles } from '../language/source-files.ts';
import { type Omission, type ScenarioDraft, SECTIONS, type StepDraft, sectionOf } from './draft.ts';
import { oneLine, slug, Unique } from './names.ts';
import { printDraft } from './print.ts';
import { secretsIn } from './secrets.ts';

/** A scenario file that the parser accepts. */
export interface Settled {
  /** `shop.scenario.yaml`. */
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly steps: number;
  readonly secrets: readonly string[];
  readonly omissions: readonly Omission[];
}

/** The most steps that one section of a scenario file may have. */
export const MOST_STEPS = 200;

/**
 * Prints a draft and lets the parser of scenario files judge it. A step that it refuses, say for a regular expression
 * that is not in linear-time syntax, is taken out and listed, and so is what depends on it.
 * @param ids of the files made so far; that of this one is added
 * @param filesOf what a scenario of this name may refer to
 * @returns null when no step is left; its omissions say why
 */
export function settle(
  draft: ScenarioDraft,
  ids: Unique,
  head: readonly string[],
  filesOf: (file: string) => SourceFiles,
): Settled | { lost: readonly Omission[] } {
  let current = uniquelyNamed(draft);
  const lost: Omission[] = [...(draft.omissions ?? [])];
  const id = ids.take(slug(draft.id ?? draft.name));
  const file = `${id}.scenario.yaml`;
  for (;;) {
    if (current.steps.length === 0) return { lost: [...lost, ...omissionsOf(current)] };
    const { text, secrets } = print(current, id, head, lost);
    const { diagnostics } = parseScenario(text, file, { files: filesOf(file) });
    if (diagnostics.length === 0) {
      const steps = SECTIONS.reduce((sum, section) => sum + sectionOf(current, section).length, 0);
      const omissions = [...lost, ...omissionsOf(current)];
      return { file, id, name: current.name, text, steps, secrets, omissions };
    }
    const refused = refusedSteps(text, diagnostics);
    const [first] = diagnostics;
    if (refused.size === 0)
      throw new Error(
        `the scenario "${draft.name}" cannot be written: line ${first!.line}: ${first!.message}\n${text}`,
      );
    current = without(current, refused, lost);
  }
}

function print(
  draft: ScenarioDraft,
  id: string,
  head: readonly string[],
  lost: readonly Omission[],
): { text: string; secrets: string[] } {
  const comments = new Map<string, readonly Omission[]>();
  const section = (key: (typeof SECTIONS)[number]) => {
    const steps = sectionOf(draft, key);
    for (const [index, { omissions }] of steps.entries())
      if (omissions.length > 0) comments.set(`${key}.${index}`, omissions);
    return steps.length > 0 ? { [key]: steps.map(({ name, fields }) => ({ name, ...fields })) } : {};
  };
  const { tags = [], variables = {}, settings = {} } = draft;
  const body = {
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
    ...section('before'),
    ...section('steps'),
    ...section('after'),
    ...section('always'),
  };
  const secrets = secretsIn({ body, settings });
  const written = {
    version: 1,
    id,
    name: oneLine(draft.name),
    service: oneLine(draft.service, 100),
    ...(tags.length > 0 ? { tags } : {}),
    ...settings,
    ...(secrets.length > 0 ? { secrets } : {}),
    ...body,
  };
  const about = lost.map(({ item, what, why }) => `not carried over: ${item}: ${what}: ${why}`);
  return { text: printDraft({ written, head: [...head, ...about.slice(0, 50)], comments }), secrets };
}

/** The steps that the diagnostics stand in, as `section.index`, each with the first that was said about it. */
function refusedSteps(text: string, diagnostics: readonly Diagnostic[]): Map<string, Diagnostic> {
  const counter = new LineCounter();
  const doc = parseDocument(text, { lineCounter: counter });
  const refused = new Map<string, Diagnostic>();
  for (const section of SECTIONS) {
    const steps = doc.get(section);
    if (!isSeq(steps)) continue;
    for (const [index, step] of steps.items.entries()) {
      if (!isMap(step) || !step.range) continue;
      const from = counter.linePos(step.range[0]).line;
      const to = counter.linePos(Math.max(step.range[0], step.range[1] - 1)).line;
      const found = diagnostics.find(({ line }) => line >= from && line <= to);
      if (found) refused.set(`${section}.${index}`, found);
    }
  }
  return refused;
}

function without(draft: ScenarioDraft, refused: ReadonlyMap<string, Diagnostic>, lost: Omission[]): ScenarioDraft {
  const kept = Object.fromEntries(
    SECTIONS.map((section) => [
      section,
      sectionOf(draft, section).filter((step, index) => {
        const problem = refused.get(`${section}.${index}`);
        if (!problem) return true;
        lost.push(...step.omissions, {
          item: step.name,
          what: 'the whole step',
          why: problem.message,
          instead: problem.hint ?? 'write it by hand',
        });
        return false;
      }),
    ]),
  );
  return { ...draft, ...kept };
}

function uniquelyNamed(draft: ScenarioDraft): ScenarioDraft {
  const names = new Unique(' ');
  const named = (steps: readonly StepDraft[]) =>
    steps.map((step) => ({ ...step, name: names.take(oneLine(step.name) || 'a step') }));
  const sections = Object.fromEntries(
    SECTIONS.filter((section) => draft[section]).map((section) => [section, named(sectionOf(draft, section))]),
  );
  return { ...draft, ...sections };
}

function omissionsOf(draft: ScenarioDraft): Omission[] {
  return SECTIONS.flatMap((section) => sectionOf(draft, section).flatMap(({ omissions }) => omissions));
}
