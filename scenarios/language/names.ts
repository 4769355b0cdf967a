import {
  type Diagnostic,
  diagnosticAt,
  diagnosticWithin,
  type Path,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { protocols, protocolsNamedIn } from '../engine/protocols/registry.ts';
import type { PlacedStep } from './expand.ts';
import { RESERVED_NAMES, reservedName } from './meaning.ts';
import { SECTIONS, type Section } from './model.ts';
import { compileValue, type Expression, expressionsOf, type Reference, referencesOf } from './template.ts';
import { entriesOf, field, isMapping, listOf } from './written.ts';

/** What names can mean in a scenario, besides what it says itself. */
export interface KnownNames {
  /** Columns of `data`; null without it. */
  readonly columns: ReadonlySet<string> | null;
  /** Functions that `$call` may call; undefined where that is not known. */
  readonly functions: readonly string[] | undefined;
}

/** Keys of a step whose texts may hold templates, all of which see the names from before the step. */
const TEMPLATED_KEYS = [
  ...new Set(protocols.flatMap(({ keys }) => Object.keys(keys))),
  ...['if', 'repeat', 'connection', 'expect', 'warn'],
];

/**
 * Follows the names that templates use through the sections: a name must be a variable, a parameter of the fragment, or
 * captured by an earlier step. Reports template syntax, unknown names, names used too early, undeclared secrets.
 */
export function checkNames(
  doc: SourceDocument,
  sections: Readonly<Record<Section, readonly PlacedStep[]>>,
  names: KnownNames,
): Diagnostic[] {
  return new NameCheck(doc, sections, names).diagnostics();
}

/** Where a template stands, and what it sees. */
interface Place {
  readonly doc: SourceDocument;
  readonly where: string;
  readonly section: Section | null;
  readonly step: PlacedStep | null;
  /** Names besides those of the scenario: parameters, and what the step captures while it goes on. */
  readonly own: ReadonlySet<string>;
  readonly group: readonly PlacedStep[];
}

class NameCheck {
  readonly #doc: SourceDocument;
  readonly #sections: Readonly<Record<Section, readonly PlacedStep[]>>;
  readonly #names: KnownNames;
  readonly #secrets: readonly string[];
  readonly #known = new Set<string>();
  /** Which step captures a name first. */
  readonly #capturedBy = new Map<string, PlacedStep>();
  readonly #found: Diagnostic[] = [];

  constructor(doc: SourceDocument, sections: Readonly<Record<Section, readonly PlacedStep[]>>, names: KnownNames) {
    this.#doc = doc;
    this.#sections = sections;
    this.#names = names;
    this.#secrets = listOf(field(doc.value, 'secrets')).filter((name) => typeof name === 'string');
    for (const section of SECTIONS) {
      for (const step of sections[section].flatMap(singles)) {
        for (const { name } of capturesOf(step)) if (!this.#capturedBy.has(name)) this.#capturedBy.set(name, step);
      }
    }
  }

  diagnostics(): Diagnostic[] {
    const place = { doc: this.#doc, step: null, own: new Set<string>(), group: [] };
    for (const [name, value] of entriesOf(field(this.#doc.value, 'variables'))) {
      this.#texts(value, ['variables', name], { ...place, where: `in variable "${name}"`, section: null });
      this.#known.add(name);
    }
    const connection = field(this.#doc.value, 'connection');
    this.#texts(connection, ['connection'], { ...place, where: 'in connection', section: null });
    const data = field(this.#doc.value, 'data');
    if (Array.isArray(data)) this.#texts(data, ['data'], { ...place, where: 'in data', section: null });
    for (const section of SECTIONS) {
      for (const step of this.#sections[section]) {
        if (step.group) this.#group(step, step.group, section);
        else {
          this.#step(step, section, []);
          for (const { name } of capturesOf(step)) this.#known.add(name);
        }
      }
    }
    return this.#found;
  }

  #group(step: PlacedStep, group: readonly PlacedStep[], section: Section): void {
    this.#step(step, section, []);
    for (const one of group) this.#step(one, section, group);
    const captured = new Map<string, PlacedStep>();
    for (const one of group) {
      for (const { name, path } of capturesOf(one)) {
        if (captured.has(name)) {
          const message = `"${name}" is captured twice in this group`;
          const hint = 'its steps run at the same time: which of the two is last is chance';
          this.#found.push(diagnosticAt(one.doc, [...one.path, ...path], message, hint, 'key'));
        }
        captured.set(name, one);
        this.#known.add(name);
      }
    }
  }

  #step(step: PlacedStep, section: Section, group: readonly PlacedStep[]): void {
    const where = step.name === undefined ? `in ${section}[${step.path[1]}]` : `in step "${step.name}"`;
    const parameters = step.include?.parameters.map(({ name }) => name) ?? [];
    const place: Place = { doc: step.doc, where, section, step, own: new Set(parameters), group };
    // What a conversation captures, it may use in what it says next.
    const during = new Set([...parameters, ...spokenCaptures(step).map(({ name }) => name)]);
    const [protocol] = protocolsNamedIn(step.written);
    for (const key of TEMPLATED_KEYS) {
      const value = field(step.written, key);
      const own = protocol && Object.hasOwn(protocol.keys, key) ? during : place.own;
      if (value !== undefined) this.#texts(value, [...step.path, key], { ...place, own });
    }
    this.#include(step, section);
    for (const { name, path } of capturesOf(step)) {
      const at = [...step.path, ...path];
      if (Object.hasOwn(RESERVED_NAMES, name)) this.#found.push(diagnosticAt(step.doc, at, ...reservedName(name)));
      else if (parameters.includes(name)) {
        const message = `"${name}" is a parameter of this file`;
        this.#found.push(diagnosticAt(step.doc, at, message, 'choose another name', 'key'));
      }
    }
  }

  /** Values of parameters see what the `include` sees. Repeats of a place are dropped later. */
  #include({ include }: PlacedStep, section: Section): void {
    if (!include) return;
    const own = new Set(include.outer?.parameters.map(({ name }) => name) ?? []);
    for (const { name, value, doc, path } of include.parameters) {
      const where = `in parameter "${name}"`;
      this.#texts(value, path, { doc, where, section, step: null, own, group: [] });
    }
  }

  #texts(value: unknown, path: Path, place: Place): void {
    visitTexts(value, path, (text, at) => {
      const template = compileValue(text, 'none', (_, errors) => {
        for (const error of errors) this.#found.push(diagnosticWithin(place.doc, at, error, error.message, error.hint));
      });
      for (const expression of expressionsOf(template)) this.#expression(expression, at, place);
    });
  }

  #expression(expression: Expression, at: Path, place: Place): void {
    const report = (message: string, hint?: string) => {
      this.#found.push(diagnosticWithin(place.doc, at, expression, message, hint));
    };
    for (const { reference, excused } of referencesOf(expression)) {
      if (reference.kind === 'secret') this.#secret(reference.name, report);
      else if (reference.name === 'row') this.#row(reference, place, excused, report);
      else if (!excused) this.#name(reference.name, place, report);
    }
    const { source } = expression;
    if (source.kind !== 'generator') return;
    if (source.call.name === 'row' && !this.#hasRow(place)) this.#noRow('$row', report);
    const { functions } = this.#names;
    const [called] = source.call.args;
    if (source.call.name === 'call' && functions && typeof called === 'string' && !functions.includes(called)) {
      const hint = suggestion(called, functions) ?? 'functions: [./functions.mjs] in ringdown.yaml lists files';
      report(`unknown function "${called}"`, hint);
    }
  }

  #secret(name: string, report: (message: string, hint: string) => void): void {
    if (this.#secrets.includes(name)) return;
    const hint = this.#secrets.length > 0 ? suggestion(name, this.#secrets) : undefined;
    report(`secret "${name}" is not declared`, hint ?? `add it: secrets: [${name}]`);
  }

  #hasRow({ section, own }: Place): boolean {
    return own.has('row') || (section === 'steps' && this.#names.columns !== null);
  }

  #noRow(written: string, report: (message: string, hint: string) => void): void {
    const hint =
      this.#names.columns === null
        ? 'add data: { file: ./rows.csv }'
        : 'before, after and always run once; only steps run for each row';
    report(`there is no row of data for {{ ${written} }} here`, hint);
  }

  #row(
    reference: Extract<Reference, { kind: 'name' }>,
    place: Place,
    excused: boolean,
    report: (message: string, hint?: string) => void,
  ): void {
    if (!this.#hasRow(place)) {
      this.#noRow('row', report);
      return;
    }
    const { columns } = this.#names;
    const [column] = reference.path;
    if (excused || columns === null || column === undefined || columns.has(column)) return;
    report(`the data has no column "${column}"`, suggestion(column, columns));
  }

  #name(name: string, place: Place, report: (message: string, hint?: string) => void): void {
    if (this.#known.has(name) || place.own.has(name)) return;
    const sibling = place.group.find((one) => one !== place.step && capturesOf(one).some((made) => made.name === name));
    const later = this.#capturedBy.get(name);
    if (sibling) {
      const hint = 'steps of a group run at the same time: use it after the group';
      report(`{{ ${name} }} is captured by step "${sibling.name}" of the same group`, hint);
    } else if (later === undefined) {
      if (entriesOf(field(this.#doc.value, 'variables')).some(([variable]) => variable === name)) {
        report(
          `variable "${name}" is not made yet ${place.where}`,
          'variables are made in order: it has to stand above',
        );
        return;
      }
      const visible = [...this.#known, ...place.own];
      const nothing = visible.length === 0 ? 'nothing is defined here: add a variable or a capture' : undefined;
      report(`unknown name "${name}" ${place.where}`, suggestion(name, visible) ?? nothing);
    } else if (later === place.step || (later.name !== undefined && later.name === place.step?.name)) {
      const hint = 'captures are made after "expect" is judged: use it in a later step';
      report(`{{ ${name} }} is captured by this very step`, hint);
    } else report(`{{ ${name} }} is used ${place.where} before step "${later.name ?? ''}" captures it`);
  }
}

function singles(step: PlacedStep): readonly PlacedStep[] {
  return step.group ?? [step];
}

interface Captured {
  readonly name: string;
  /** From the step. */
  readonly path: Path;
}

function capturesOf(step: PlacedStep): readonly Captured[] {
  const own = entriesOf(field(step.written, 'capture')).map(([name]) => ({ name, path: ['capture', name] }));
  return [...own, ...spokenCaptures(step)];
}

/** What the protocol itself captures on the way. */
function spokenCaptures({ written }: PlacedStep): readonly Captured[] {
  return isMapping(written) ? (protocolsNamedIn(written)[0]?.captured(written) ?? []) : [];
}

function visitTexts(value: unknown, path: Path, visit: (text: string, path: Path) => void): void {
  if (typeof value === 'string') {
    if (value.includes('{{')) visit(value, path);
    return;
  }
  const items: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : entriesOf(value);
  for (const [key, item] of items) visitTexts(item, [...path, key], visit);
}
