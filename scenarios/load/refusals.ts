import { type Diagnostic, diagnosticAt, inOrder, type Path, readDocument } from '../../core/document/index.ts';
import { expandSteps, type PlacedStep } from '../language/expand.ts';
import { type Scenario, SECTIONS } from '../language/model.ts';
import type { SourceFiles } from '../language/source-files.ts';
import { field } from '../language/written.ts';
import { Refused } from './refusal.ts';

/** Collects what k6 cannot do, and says where in which file it stands. */
export class Refusals {
  readonly #scenario: Scenario;
  readonly #text: string;
  readonly #files: SourceFiles;
  readonly #found: { refused: Refused; step: string | null; key: string | null }[] = [];

  /** @param text of the scenario's file @param files as the scenario sees them */
  constructor(scenario: Scenario, text: string, files: SourceFiles) {
    this.#scenario = scenario;
    this.#text = text;
    this.#files = files;
  }

  get none(): boolean {
    return this.#found.length === 0;
  }

  /** Makes a piece of the script. @param step its name; null where it is of no step @param key of the file that it is about */
  attempt<T>(step: string | null, make: () => T, key: string | null = null): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#found.push({ refused: error, step, key });
      return undefined;
    }
  }

  /** File after file, each from top to bottom, with the texts of those files. */
  told(): { refusals: readonly Diagnostic[]; texts: ReadonlyMap<string, string> } {
    const doc = readDocument(this.#text, this.#scenario.file);
    const expansion = expandSteps(doc, this.#files);
    const steps = SECTIONS.flatMap((section) => expansion.steps(field(doc.value, section), [section]));
    const placed = new Map(steps.flatMap((step) => [step, ...(step.group ?? [])]).map((step) => [step.name, step]));
    const told = this.#found.map(({ refused: { message, hint }, step, key }) => {
      const place = step === null ? undefined : placed.get(step);
      const where = step === null ? '' : `step "${step}": `;
      const path = place ? nameOf(place) : key !== null && field(doc.value, key) !== undefined ? [key] : [];
      return diagnosticAt(place?.doc ?? doc, path, `${where}k6 cannot do ${message}`, hint);
    });
    const texts = new Map([[doc.file, doc.text]]);
    for (const fragment of expansion.fragments.values()) texts.set(fragment.doc.file, fragment.doc.text);
    return {
      refusals: [...texts.keys()].flatMap((file) => inOrder(told.filter((one) => one.file === file))),
      texts,
    };
  }
}

function nameOf({ path }: PlacedStep): Path {
  return [...path, 'name'];
}
