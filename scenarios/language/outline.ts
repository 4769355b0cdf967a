import { type Path, readDocument } from '../../core/document/index.ts';
import { protocols } from '../engine/protocols/registry.ts';
import { SECTIONS, type Section } from './model.ts';
import { entriesOf, field, isMapping, listOf } from './written.ts';

/** A value as a form shows it. */
export interface OutlineField {
  /** Where it stands, or would stand: the path of an edit. */
  readonly path: Path;
  /** What to take away to take it away: a mapping that it leaves empty goes along. */
  readonly removal: Path;
  /** As it would be typed, the items of a list with commas between; null: it is not there. */
  readonly text: string | null;
  /** It is more than one line of a form can hold, and is only to be changed in the file itself. */
  readonly complex: boolean;
}

export interface OutlineStep {
  readonly section: Section;
  readonly path: Path;
  /** Line of the file, from 1. */
  readonly line: number;
  /** A folder of scenarios/engine/protocols, `parallel` or `include`; null where nothing chooses one. */
  readonly kind: string | null;
  /** What the step is about, in a few words: `POST /v1/posts`, `./sign-in.steps.yaml`. */
  readonly words: string;
  readonly name: OutlineField;
  /** `POST /v1/posts`; null for other kinds. */
  readonly request: OutlineField | null;
  readonly status: OutlineField | null;
  readonly timeout: OutlineField | null;
}

/** What people change most of a scenario, with the paths by which `editScenario` changes it. */
export interface ScenarioOutline {
  readonly name: OutlineField;
  readonly every: OutlineField;
  readonly cron: OutlineField;
  readonly timezone: OutlineField;
  readonly while_failing: OutlineField;
  readonly timeout: OutlineField;
  readonly retry_times: OutlineField;
  readonly retry_delay: OutlineField;
  readonly tags: OutlineField;
  readonly runbook: OutlineField;
  readonly policy: OutlineField;
  readonly quarantine_until: OutlineField;
  readonly quarantine_reason: OutlineField;
  readonly steps: readonly OutlineStep[];
}

/** Kinds whose answer has a status that people change. */
const WITH_STATUS = ['http', 'graphql', 'grpc'];
const LONGEST_WORDS = 120;

/** Outlines a scenario file, also one with mistakes in it. @returns null where it cannot be read as YAML, or is no mapping */
export function outlineScenario(text: string): ScenarioOutline | null {
  const doc = readDocument(text, '');
  if (doc.diagnostics.length > 0 || !isMapping(doc.value)) return null;
  const root = doc.value;
  const at = (...path: string[]) => fieldAt(root, [], path);

  const stepsAt = (steps: unknown, path: Path, section: Section): OutlineStep[] =>
    listOf(steps).flatMap((step, index) => {
      const here = [...path, index];
      if (!isMapping(step)) return [];
      const kind = kindOf(step);
      const own: OutlineStep = {
        section,
        path: here,
        line: doc.locate(here).line,
        kind,
        words: wordsOf(step),
        name: fieldAt(step, here, ['name']),
        request: kind === 'http' ? fieldAt(step, here, ['request']) : null,
        status: kind && WITH_STATUS.includes(kind) ? fieldAt(step, here, ['expect', 'status']) : null,
        timeout: kind === 'parallel' || kind === 'include' ? null : fieldAt(step, here, ['timeout']),
      };
      return [own, ...stepsAt(field(step, 'parallel'), [...here, 'parallel'], section)];
    });

  return {
    name: at('name'),
    every: at('schedule', 'every'),
    cron: at('schedule', 'cron'),
    timezone: at('schedule', 'timezone'),
    while_failing: at('schedule', 'while_failing'),
    timeout: at('timeout'),
    retry_times: at('retry', 'times'),
    retry_delay: at('retry', 'delay'),
    tags: at('tags'),
    runbook: at('runbook'),
    policy: at('alert', 'policy'),
    quarantine_until: at('quarantine', 'until'),
    quarantine_reason: at('quarantine', 'reason'),
    steps: SECTIONS.flatMap((section) => stepsAt(field(root, section), [section], section)),
  };
}

function fieldAt(from: unknown, base: Path, path: readonly string[]): OutlineField {
  const whole = [...base, ...path];
  let value = from;
  /** How many keys of the path go, when the last one goes. */
  let kept = 1;
  for (const [index, key] of path.entries()) {
    if (value !== undefined && value !== null && !isMapping(value)) {
      // What stands in the way of a key, such as a list of retries, is not for a form to replace.
      const here = [...base, ...path.slice(0, index)];
      return { path: here, removal: here, text: null, complex: true };
    }
    if (index > 0 && entriesOf(value).length > 1) kept = index + 1;
    value = field(value, key);
  }
  return { path: whole, removal: whole.slice(0, base.length + kept), ...shown(value) };
}

function shown(value: unknown): Pick<OutlineField, 'text' | 'complex'> {
  if (value === undefined || value === null) return { text: null, complex: false };
  if (Array.isArray(value)) {
    const texts = value.map(scalarText);
    const plain = texts.every((text) => text !== null && text.trim() === text && text !== '' && !text.includes(','));
    return plain ? { text: texts.join(', '), complex: false } : { text: null, complex: true };
  }
  const text = scalarText(value);
  return text === null || /[\r\n]/.test(text) ? { text: null, complex: true } : { text, complex: false };
}

function scalarText(value: unknown): string | null {
  return ['string', 'number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : null;
}

function kindOf(step: unknown): string | null {
  for (const key of ['include', 'parallel']) if (field(step, key) !== undefined) return key;
  return protocols.find(({ key }) => field(step, key) !== undefined)?.kind ?? null;
}

function wordsOf(step: unknown): string {
  if (field(step, 'parallel') !== undefined) return `${listOf(field(step, 'parallel')).length} steps at once`;
  const key =
    field(step, 'include') === undefined ? protocols.find((one) => field(step, one.key) !== undefined)?.key : 'include';
  const value = key === undefined ? undefined : field(step, key);
  const words = isMapping(value)
    ? entriesOf(value)
        .map(([, one]) => scalarText(one))
        .filter((one) => one !== null)
        .join(' ')
    : (scalarText(value) ?? '');
  const line = words.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_WORDS ? `${line.slice(0, LONGEST_WORDS - 1)}…` : line;
}
