import {
  checkDocument,
  type Diagnostic,
  diagnosticAt,
  type Path,
  readDocument,
  type SourceDocument,
  suggestion,
} from '../../core/document/index.ts';
import { FragmentSchema } from './schema.ts';
import type { SourceFiles } from './source-files.ts';
import { entriesOf, field, isMapping, listOf, type Mapping } from './written.ts';

/** A step as it is written, with all that tells where. */
export interface PlacedStep {
  readonly written: Mapping;
  readonly doc: SourceDocument;
  readonly path: Path;
  /** As its file sees them. */
  readonly files: SourceFiles;
  /** Behind the prefixes of the includes; undefined where it has none. */
  readonly name: string | undefined;
  /** What it came through; null for a step of the scenario itself. */
  readonly include: Include | null;
  /** The steps of a parallel group; null for any other step. */
  readonly group: readonly PlacedStep[] | null;
}

/** One `include` and the parameters that it gives. */
export interface Include {
  readonly outer: Include | null;
  /** Where the `include` stands. */
  readonly doc: SourceDocument;
  readonly path: Path;
  /** Each from `with`, or from the fragment where that says nothing. */
  readonly parameters: readonly { name: string; value: unknown; doc: SourceDocument; path: Path }[];
}

/** The steps of one list with its fragments put in, and what is wrong with those. */
export interface Expansion {
  steps(list: unknown, path: Path): PlacedStep[];
  /** Of the fragments, and of the includes. */
  readonly diagnostics: readonly Diagnostic[];
  /** By the name that diagnostics use. */
  readonly fragments: ReadonlyMap<string, Fragment>;
}

/** A file of steps, and the files as it sees them. */
export interface Fragment {
  readonly doc: SourceDocument;
  readonly files: SourceFiles;
}

const DEEPEST = 5;
/** Includes among them: five levels of two hundred would be 320 billion. */
export const MOST_STEPS = 1_000;

interface At {
  readonly doc: SourceDocument;
  readonly files: SourceFiles;
  readonly include: Include | null;
  readonly prefix: string;
  /** The files that are being read, the scenario first. */
  readonly trail: readonly string[];
}

/** @param doc a scenario or a fragment */
export function expandSteps(doc: SourceDocument, files: SourceFiles): Expansion {
  const diagnostics: Diagnostic[] = [];
  const fragments = new Map<string, Fragment>();
  let count = 0;

  const steps = (list: unknown, path: Path, at: At): PlacedStep[] =>
    listOf(list).flatMap((written, index) => (isMapping(written) ? step(written, [...path, index], at) : []));

  function step(written: Mapping, path: Path, at: At): PlacedStep[] {
    // An include counts, too: what it brings in may be includes again.
    if (++count > MOST_STEPS) {
      if (count === MOST_STEPS + 1) {
        diagnostics.push(diagnosticAt(at.doc, path, `with its fragments a scenario has at most ${MOST_STEPS} steps`));
      }
      return [];
    }
    if (typeof written.include === 'string') return included(written.include, written, path, at);
    const name = typeof written.name === 'string' ? at.prefix + written.name : undefined;
    const { doc, files, include } = at;
    const placed = { written, doc, path, files, name, include };
    if (!Array.isArray(written.parallel)) return [{ ...placed, group: null }];
    const group = steps(written.parallel, [...path, 'parallel'], at);
    return [{ ...placed, group }];
  }

  function included(file: string, written: Mapping, path: Path, at: At): PlacedStep[] {
    const report = (message: string, hint?: string) => {
      diagnostics.push(diagnosticAt(at.doc, [...path, 'include'], message, hint));
    };
    if (file.includes('{{')) {
      report('the path of a fragment cannot hold a template', 'fragments are read before anything runs');
      return [];
    }
    const location = at.files.locate(file);
    if (at.trail.includes(location)) {
      report(`${file} includes itself`, [...at.trail.slice(at.trail.indexOf(location)), location].join(' → '));
      return [];
    }
    if (at.trail.length > DEEPEST) {
      report(`fragments are included ${DEEPEST} deep at most`);
      return [];
    }
    const found = read(file, location, at, report);
    if (!found) return [];
    const { doc: fragment, files } = found;
    const prefix = typeof written.prefix === 'string' ? at.prefix + written.prefix : at.prefix;
    return steps(field(fragment.value, 'steps'), ['steps'], {
      doc: fragment,
      files,
      include: {
        outer: at.include,
        doc: at.doc,
        path,
        parameters: parameters(written, path, at.doc, fragment),
      },
      prefix,
      trail: [...at.trail, location],
    });
  }

  function read(file: string, location: string, at: At, report: (message: string) => void): Fragment | undefined {
    const known = fragments.get(location);
    if (known) return known;
    const text = at.files.text(file);
    if ('error' in text) {
      report(`${file} cannot be read: ${text.error}`);
      return undefined;
    }
    const fragment = { doc: readDocument(text.value, location), files: at.files.from(file) };
    fragments.set(location, fragment);
    diagnostics.push(...fragment.doc.diagnostics, ...checkDocument(fragment.doc, FragmentSchema));
    return fragment;
  }

  function parameters(written: Mapping, path: Path, doc: SourceDocument, fragment: SourceDocument) {
    const declared = entriesOf(field(fragment.value, 'parameters'));
    const given = new Map(entriesOf(written.with));
    const names = declared.map(([name]) => name);
    for (const name of given.keys()) {
      if (names.includes(name)) continue;
      const hint = suggestion(name, names) ?? `${fragment.file} declares no parameters`;
      diagnostics.push(
        diagnosticAt(doc, [...path, 'with', name], `${fragment.file} has no parameter "${name}"`, hint, 'key'),
      );
    }
    return declared.map(([name, fallback]) => {
      if (given.has(name)) return { name, value: given.get(name), doc, path: [...path, 'with', name] };
      if (fallback === null) {
        const message = `${fragment.file} needs the parameter "${name}"`;
        diagnostics.push(diagnosticAt(doc, [...path, 'include'], message, `with: { ${name}: … }`));
      }
      return { name, value: fallback, doc: fragment, path: ['parameters', name] };
    });
  }

  const root: At = { doc, files, include: null, prefix: '', trail: [doc.file] };
  return { steps: (list, path) => steps(list, path, root), diagnostics, fragments };
}
