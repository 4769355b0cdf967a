import {
  type Diagnostic,
  diagnosticAt,
  diagnosticWithin,
  nearest,
  type Path,
  type SourceDocument,
} from '../../core/document/index.ts';
import { parseDuration } from '../../core/units.ts';
import { checkCondition, type SpecProblem } from '../engine/assertions/assertion.ts';
import type { Protocol } from '../engine/protocols/protocol.ts';
import { protocols, protocolsNamedIn } from '../engine/protocols/registry.ts';
import { checkCaptures } from './captures.ts';
import { checkConnection } from './connection.ts';
import { checkExpectations } from './expectations.ts';
import type { SourceFiles } from './source-files.ts';
import { field, isMapping, listOf, type Mapping } from './written.ts';

/** A run keeps its place among those that may run at the same time. */
export const LONGEST_WAIT_MS = 3_600_000;

const INCLUDE_KEYS = ['include', 'with', 'prefix'];
const GROUP_KEYS = ['parallel', 'name', 'if'];

/** What a schema cannot see in a list of steps. @param path of the list */
export function checkSteps(doc: SourceDocument, list: unknown, path: Path, files: SourceFiles): Diagnostic[] {
  return listOf(list).flatMap((step, index) =>
    isMapping(step) ? new StepCheck(doc, step, [...path, index], files).diagnostics() : [],
  );
}

class StepCheck {
  readonly #doc: SourceDocument;
  readonly #step: Mapping;
  readonly #path: Path;
  readonly #files: SourceFiles;
  readonly #found: Diagnostic[] = [];

  constructor(doc: SourceDocument, step: Mapping, path: Path, files: SourceFiles) {
    this.#doc = doc;
    this.#step = step;
    this.#path = path;
    this.#files = files;
  }

  diagnostics(): Diagnostic[] {
    const step = this.#step;
    if (Object.hasOwn(step, 'include')) {
      this.#onlyKeys('include', INCLUDE_KEYS, 'it may stand at the steps of the included file');
      return this.#found;
    }
    for (const key of INCLUDE_KEYS) if (Object.hasOwn(step, key)) this.#strayKey(key, 'include');
    this.#if();
    if (Object.hasOwn(step, 'parallel')) {
      this.#onlyKeys('parallel', GROUP_KEYS, 'it may stand at the steps of the group');
      this.#group();
      return this.#found;
    }
    const [kind, another] = protocolsNamedIn(step);
    if (!kind) this.#withoutKind();
    else if (another) {
      this.#report(
        [another.key],
        `a step does one thing: "${kind.key}" and "${another.key}" exclude each other`,
        undefined,
        'key',
      );
    } else this.#kind(kind);
    this.#timeout();
    this.#repeat();
    for (const key of ['expect', 'warn']) this.#problems(checkExpectations(step[key], this.#files), [key]);
    this.#problems(checkExpectations(field(step.repeat, 'until'), this.#files), ['repeat', 'until']);
    this.#problems(checkCaptures(step.capture), ['capture']);
    this.#problems(checkConnection(step.connection, this.#files), ['connection']);
    return this.#found;
  }

  #report(path: Path, message: string, hint?: string, part?: 'key' | 'value'): void {
    this.#found.push(diagnosticAt(this.#doc, [...this.#path, ...path], message, hint, part));
  }

  #problems(problems: readonly SpecProblem[], under: Path): void {
    for (const problem of problems) this.#found.push(diagnosticOf(this.#doc, problem, [...this.#path, ...under]));
  }

  #onlyKeys(chosen: string, allowed: readonly string[], hint: string): void {
    for (const key of Object.keys(this.#step)) {
      // What no step has is the schema's to complain about.
      if (allowed.includes(key) || !STEP_KEYS.has(key)) continue;
      this.#report([key], `"${key}" means nothing beside "${chosen}"`, hint, 'key');
    }
  }

  #strayKey(key: string, owner: string): void {
    this.#report([key], `"${key}" means nothing without "${owner}"`, `it belongs to "${owner}"`, 'key');
  }

  #withoutKind(): void {
    const others = [...protocols.map(({ key }) => key).filter((key) => key !== 'request'), 'parallel', 'include'];
    // It may say so where YAML could not follow; and a misspelt one is told where it stands.
    if (this.#doc.guessedFrom < Number.POSITIVE_INFINITY) return;
    const kinds = ['request', ...others];
    const strange = Object.keys(this.#step).filter((key) => !STEP_KEYS.has(key));
    if (strange.some((key) => nearest(key.slice(0, 64), kinds) !== undefined)) return;
    const hint = `for example: request: GET /v1/posts; or one of ${others.join(', ')}`;
    this.#report([], 'the step does not say what to do', hint, 'key');
  }

  /** The keys of a step belong to its kind. */
  #kind(kind: Protocol): void {
    for (const other of protocols) {
      for (const key of Object.keys(other.keys)) {
        if (!Object.hasOwn(this.#step, key) || Object.hasOwn(kind.keys, key)) continue;
        this.#report([key], `"${key}" means nothing beside "${kind.key}"`, `it belongs to "${other.key}"`, 'key');
      }
    }
    if (!kind.answers) {
      for (const key of ['expect', 'warn', 'capture', 'repeat', 'connection']) {
        if (!Object.hasOwn(this.#step, key)) continue;
        this.#report([key], `"${key}" means nothing beside "${kind.key}"`, `"${kind.key}" gets no answer`, 'key');
      }
    }
    this.#problems(kind.check(this.#step, this.#files), []);
  }

  #group(): void {
    const inner = this.#step.parallel;
    listOf(inner).forEach((step, index) => {
      for (const key of ['parallel', 'include']) {
        if (!isMapping(step) || !Object.hasOwn(step, key)) continue;
        const message = `"${key}" cannot stand in a parallel group`;
        this.#report(['parallel', index, key], message, 'a group holds single steps', 'key');
      }
    });
    const single = listOf(inner).map((step) =>
      isMapping(step) && (Object.hasOwn(step, 'parallel') || Object.hasOwn(step, 'include')) ? null : step,
    );
    this.#found.push(...checkSteps(this.#doc, single, [...this.#path, 'parallel'], this.#files));
  }

  #if(): void {
    const written = this.#step.if;
    if (!isMapping(written)) return;
    const { value: _, ...condition } = written;
    const example = 'if: { value: "{{ premium }}", equals: true }';
    if (Object.hasOwn(written, 'value') && Object.keys(condition).length === 0)
      this.#report(['if'], 'if has no operator', example, 'key');
    this.#problems(checkCondition(condition, []), ['if']);
  }

  #timeout(): void {
    const ms = lengthOf(this.#step.timeout);
    if (ms === 0) this.#report(['timeout'], 'timeout must be longer than nothing');
    if (ms !== undefined && ms > LONGEST_WAIT_MS) this.#report(['timeout'], 'timeout must be at most 1h');
  }

  #repeat(): void {
    const every = lengthOf(field(this.#step.repeat, 'every'));
    if (every !== undefined && every > LONGEST_WAIT_MS) this.#report(['repeat', 'every'], 'every must be at most 1h');
  }
}

const STEP_KEYS: ReadonlySet<string> = new Set([
  ...INCLUDE_KEYS,
  ...GROUP_KEYS,
  ...protocols.flatMap(({ keys }) => Object.keys(keys)),
  ...['repeat', 'timeout', 'connection', 'expect', 'warn', 'capture'],
]);

/** Milliseconds, of what is written as a length of time. */
export function lengthOf(written: unknown): number | undefined {
  return typeof written === 'string' ? parseDuration(written) : undefined;
}

export function diagnosticOf(
  doc: SourceDocument,
  { path, part, message, hint, span }: SpecProblem,
  under: Path,
): Diagnostic {
  const at = [...under, ...path];
  return span ? diagnosticWithin(doc, at, span, message, hint, part) : diagnosticAt(doc, at, message, hint, part);
}
