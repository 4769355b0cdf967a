import type { Diagnostic, Path } from '../../core/document/index.ts';
import { parseScenario } from '../language/parse.ts';
import { printScenario } from '../language/print.ts';
import type { WrittenScenario } from '../language/schema.ts';
import type { SourceFiles } from '../language/source-files.ts';
import { isMapping } from '../language/written.ts';
import { type Omission, type ScenarioDraft, SECTIONS, type StepDraft, sectionOf } from './draft.ts';
import { oneLine, slug, Unique } from './names.ts';
import { placesOf } from './place.ts';
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
/** How often the largest step is given up for a file that is too large or too deep as a whole. */
const MOST_ATTEMPTS = 5;
/** The head of a file lists no more than this; the command lists all. */
const MOST_IN_HEAD = 50;

/**
 * Prints a draft and lets the parser of scenario files judge it. What it refuses, say a regular expression that is not
 * in linear-time syntax, is taken out and listed: a single expectation or capture where that is all, otherwise the step,
 * and then what depends on it.
 * @param ids of the files made so far; that of this one is added
 * @param head first lines of the file
 * @param filesOf what a scenario of this name may refer to
 * @returns `lost` when no step is left
 */
export function settle(
  draft: ScenarioDraft,
  ids: Unique,
  head: readonly string[],
  filesOf: (file: string) => SourceFiles,
): Settled | { lost: readonly Omission[] } {
  const id = ids.take(slug(draft.id ?? draft.name));
  const file = `${id}.scenario.yaml`;
  const lost: Omission[] = [...(draft.omissions ?? [])];
  let current = uniquelyNamed(draft);
  let attempts = MOST_ATTEMPTS;
  if (draft.steps.length === 0)
    lost.push({ item: draft.name, what: 'the scenario', why: 'no step is left of it', instead: 'write it by hand' });
  for (;;) {
    if (current.steps.length === 0) return { lost: [...lost, ...omissionsOf(current)] };
    const { text, secrets } = print(current, id, head, lost);
    const { diagnostics } = parseScenario(text, file, { files: filesOf(file) });
    if (diagnostics.length === 0) {
      const steps = SECTIONS.reduce((sum, section) => sum + sectionOf(current, section).length, 0);
      return { file, id, name: current.name, text, steps, secrets, omissions: [...lost, ...omissionsOf(current)] };
    }
    const places = placesOf(text, diagnostics);
    const without = takenOut(current, places, diagnostics, lost);
    if (!without && attempts-- === 0) {
      lost.push(omissionOf(draft.name, 'the whole scenario', diagnostics[0]!));
      return { lost: [...lost, ...omissionsOf(current)] };
    }
    current = without ?? withoutLargest(current, diagnostics[0]!, lost);
  }
}

function print(
  draft: ScenarioDraft,
  id: string,
  head: readonly string[],
  lost: readonly Omission[],
): { text: string; secrets: string[] } {
  const { tags = [], variables = {}, settings = {} } = draft;
  const sections = Object.fromEntries(
    SECTIONS.filter((section) => sectionOf(draft, section).length > 0).map((section) => [
      section,
      sectionOf(draft, section).map(({ name, fields }) => ({ name, ...fields })),
    ]),
  );
  const body = { ...(Object.keys(variables).length > 0 ? { variables } : {}), ...sections };
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
  const comments = SECTIONS.flatMap((section) =>
    sectionOf(draft, section).flatMap(({ omissions }, index) =>
      omissions.length > 0 ? [{ path: [section, index] as Path, text: omissions.map(commentOf).join('\n') }] : [],
    ),
  );
  const about = lost
    .slice(0, MOST_IN_HEAD)
    .map(({ item, what, why }) => oneLine(`not carried over: ${item}: ${what}: ${why}`, 300));
  return {
    text: printScenario(written as unknown as WrittenScenario, {
      comments: [{ path: [], text: [...head.map((line) => oneLine(line, 300)), ...about].join('\n') }, ...comments],
    }),
    secrets,
  };
}

function commentOf({ what, why, instead }: Omission): string {
  return `not carried over: ${oneLine(what, 200)}\n  ${oneLine(`${why}; ${instead}`, 300)}`;
}

/** Kinds of expectations that hold several, by name. */
const MANIFOLD = ['header', 'cookie', 'jsonpath', 'css', 'xpath', 'regex'];

/** The draft without what the parser refused; null when that is no part of a step. */
function takenOut(
  draft: ScenarioDraft,
  places: readonly Path[],
  diagnostics: readonly Diagnostic[],
  lost: Omission[],
): ScenarioDraft | null {
  const refused = new Map<string, { place: Path; problem: Diagnostic }[]>();
  for (const [index, place] of places.entries()) {
    const [section, number] = place;
    if (!SECTIONS.includes(section as (typeof SECTIONS)[number]) || typeof number !== 'number') continue;
    const key = `${section}.${number}`;
    refused.set(key, [...(refused.get(key) ?? []), { place: place.slice(2), problem: diagnostics[index]! }]);
  }
  if (refused.size === 0) return null;
  const kept = SECTIONS.map((section) => [
    section,
    sectionOf(draft, section).flatMap((step, index) => {
      const problems = refused.get(`${section}.${index}`);
      return problems ? (stepWithout(step, problems, lost) ?? []) : [step];
    }),
  ]);
  return { ...draft, ...Object.fromEntries(kept) };
}

/** Where the whole file is refused, its largest step has most to do with it. */
function withoutLargest(draft: ScenarioDraft, problem: Diagnostic, lost: Omission[]): ScenarioDraft {
  const steps = SECTIONS.flatMap((section) => sectionOf(draft, section));
  const size = (step: StepDraft) => JSON.stringify(step.fields).length;
  const largest = steps.reduce((one, other) => (size(other) > size(one) ? other : one));
  lost.push(...largest.omissions, omissionOf(largest.name, 'the whole step', problem));
  const kept = SECTIONS.map((section) => [section, sectionOf(draft, section).filter((step) => step !== largest)]);
  return { ...draft, ...Object.fromEntries(kept) };
}

function omissionOf(item: string, what: string, { message, hint }: Diagnostic): Omission {
  const missing = /no such file/.test(message);
  return {
    item,
    what,
    why: message,
    instead: hint ?? (missing ? 'put the file there, and import again' : 'write it by hand'),
  };
}

function stepWithout(
  step: StepDraft,
  problems: readonly { place: Path; problem: Diagnostic }[],
  lost: Omission[],
): StepDraft | null {
  const part = (place: Path) => {
    const until = place[0] === 'repeat' && place[1] === 'until' ? ['repeat', 'until'] : [];
    const [key, kind, name] = until.length > 0 ? ['expect', ...place.slice(2)] : place;
    if (kind === undefined || !['expect', 'warn', 'capture'].includes(String(key))) return null;
    const deep = key !== 'capture' && name !== undefined && MANIFOLD.includes(String(kind));
    const inner = deep ? [kind, name] : [kind];
    return [...(until.length > 0 ? until : [key!]), ...inner];
  };
  const omission = (what: string, problem: Diagnostic) => omissionOf(step.name, what, problem);
  let { fields } = step;
  const omissions = [...step.omissions];
  for (const { place, problem } of problems) {
    const path = part(place);
    if (!path) {
      lost.push(...step.omissions, omission('the whole step', problem));
      return null;
    }
    const before = fields;
    fields = pruned(fields, path) as Record<string, unknown>;
    if (fields !== before) omissions.push(omission(`${path[0]} ${path.slice(1).join(' ')}`, problem));
  }
  return { ...step, fields, omissions };
}

/** A structure without one value, and without mappings that become empty by that. */
function pruned(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (!isMapping(value) || key === undefined || !Object.hasOwn(value, key)) return value;
  const { [key]: inner, ...others } = value;
  if (rest.length === 0) return others;
  const less = pruned(inner, rest);
  if (less === inner) return value;
  return isMapping(less) && Object.keys(less).length === 0 ? others : { ...value, [key]: less };
}

function uniquelyNamed(draft: ScenarioDraft): ScenarioDraft {
  const names = new Unique(' ');
  const named = (steps: readonly StepDraft[]) =>
    steps.map((step) => ({ ...step, name: names.take(oneLine(step.name) || 'a step') }));
  const sections = SECTIONS.filter((section) => draft[section]).map((section) => [
    section,
    named(sectionOf(draft, section)),
  ]);
  return { ...draft, ...Object.fromEntries(sections) };
}

function omissionsOf(draft: ScenarioDraft): Omission[] {
  return SECTIONS.flatMap((section) => sectionOf(draft, section).flatMap(({ omissions }) => omissions));
}
