import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  inOrder,
  type Path,
  readDocument,
  type SourceDocument,
} from '../../core/document/index.ts';
import { buildScenario } from './build.ts';
import { readData } from './data.ts';
import { expandSteps, type PlacedStep } from './expand.ts';
import { checkMeaning } from './meaning.ts';
import { type Scenario, SECTIONS, type Section } from './model.ts';
import { checkNames } from './names.ts';
import { notesOn } from './notes.ts';
import { FragmentSchema, ScenarioSchema, type WrittenScenario } from './schema.ts';
import { noSourceFiles, type SourceFiles, watched } from './source-files.ts';
import { checkSteps } from './step-meaning.ts';
import { checkUnique } from './unique.ts';
import { field } from './written.ts';

export interface ParseOptions {
  /** Files that the scenario names, as it sees them; without them it can name none. `diskFiles(file)`. */
  readonly files?: SourceFiles;
  /** YYYY-MM-DD, UTC: what is over by then is noted. */
  readonly today?: string;
  /** Names of the functions that `$call` may call; without them any name will do. */
  readonly functions?: readonly string[];
}

export interface ParsedScenario {
  /** Absent when anything is wrong. */
  readonly scenario?: Scenario;
  /** Everything wrong, in the order of the file; fragments follow, each in its own order. */
  readonly diagnostics: readonly Diagnostic[];
  /** What is right and still not what its author may think; of a scenario that is right. */
  readonly notes: readonly Diagnostic[];
  /** The scenario and its fragments, by the file that diagnostics name. */
  readonly texts: ReadonlyMap<string, string>;
  /** Every other file that it read or asked for, also one that is not there: a change of any of them may change it. */
  readonly files: readonly string[];
}

/**
 * Reads a scenario file. Never throws on what a file says.
 * @param file how diagnostics call it; kept in the scenario
 */
export function parseScenario(text: string, file: string, options: ParseOptions = {}): ParsedScenario {
  const doc = readDocument(text, file);
  const reading = begin(doc, options);
  const { files, expansion } = reading;
  const data = readData(field(doc.value, 'data'), files);
  const sections = Object.fromEntries(
    SECTIONS.map((section) => [section, expansion.steps(field(doc.value, section), [section])]),
  ) as Record<Section, PlacedStep[]>;
  const known = {
    columns: data && 'columns' in data ? data.columns : field(doc.value, 'data') === undefined ? null : ANY_COLUMN,
    functions: options.functions,
  };
  const diagnostics = reading.tell([
    ...checkDocument(doc, ScenarioSchema),
    ...checkMeaning(doc, files),
    ...(data && 'message' in data ? [diagnosticAt(doc, ['data', ...data.path], data.message, data.hint)] : []),
    ...SECTIONS.flatMap((section) => checkSteps(doc, field(doc.value, section), [section], files)),
    ...checkUnique(SECTIONS.flatMap((section) => sections[section])),
    ...checkNames(doc, sections, known),
  ]);
  const { texts } = reading;
  if (diagnostics.length > 0) return { diagnostics, notes: [], texts, files: reading.seen() };
  const written = doc.value as WrittenScenario;
  const rows = data && 'rows' in data ? data.rows : null;
  const scenario = buildScenario(written, { file, files, sections, rows });
  const steps = SECTIONS.flatMap((section) => sections[section]);
  const notes = notesOn(doc, scenario, steps, options.today ?? '');
  return { scenario, diagnostics: [], notes, texts, files: reading.seen() };
}

/** What is wrong with a file of steps by itself. What its names mean is known only where it is included. */
export function parseFragment(
  text: string,
  file: string,
  options: Pick<ParseOptions, 'files'> = {},
): Pick<ParsedScenario, 'diagnostics' | 'texts' | 'files'> {
  const doc = readDocument(text, file);
  const reading = begin(doc, options);
  const path: Path = ['steps'];
  const steps = reading.expansion.steps(field(doc.value, 'steps'), path);
  const diagnostics = reading.tell([
    ...checkDocument(doc, FragmentSchema),
    ...checkSteps(doc, field(doc.value, 'steps'), path, reading.files),
    ...checkUnique(steps),
  ]);
  return { diagnostics, texts: reading.texts, files: reading.seen() };
}

/** Of data that could not be read, any column may be there. */
const ANY_COLUMN: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

/** The document with what is read along with it. */
function begin(doc: SourceDocument, options: ParseOptions) {
  const seen = new Set<string>();
  const files = watched(options.files ?? noSourceFiles(doc.file), (location) => seen.add(location));
  const expansion = expandSteps(doc, files);
  const texts = new Map([[doc.file, doc.text]]);
  return {
    files,
    expansion,
    texts,
    seen: () => [...seen].sort(),
    /** Everything that is wrong, once the steps have been expanded. @param own about the document, or made with its fragments */
    tell(own: readonly Diagnostic[]): Diagnostic[] {
      const docs = [doc, ...[...expansion.fragments.values()].map((fragment) => fragment.doc)];
      for (const fragment of docs) texts.set(fragment.file, fragment.text);
      const all = [
        ...docs.flatMap(({ diagnostics }) => diagnostics),
        ...own,
        ...expansion.diagnostics,
        ...[...expansion.fragments.values()].flatMap((fragment) =>
          checkSteps(fragment.doc, field(fragment.doc.value, 'steps'), ['steps'], fragment.files),
        ),
      ];
      return docs.flatMap((one) => {
        const about = all.filter(({ file }) => file === one.file);
        // Complaints about a guess only confuse.
        const told = about.filter((found) => found.line < one.guessedFrom || one.diagnostics.includes(found));
        return distinct(one, inOrder(told));
      });
    },
  };
}

/** What YAML misread was replaced by something else; complaints about the replacement only confuse. */
function distinct(doc: SourceDocument, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const misread = new Set(doc.diagnostics.map(({ line, column }) => `${line}:${column}`));
  return diagnostics.filter(
    (found) => doc.diagnostics.some(same(found)) || !misread.has(`${found.line}:${found.column}`),
  );
}

function same(one: Diagnostic) {
  return (other: Diagnostic) => other.line === one.line && other.column === one.column && other.message === one.message;
}
