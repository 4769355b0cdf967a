/** What an importer makes of a document, before it is printed and judged by the parser of scenario files. */
export interface Imported {
  readonly scenarios: readonly ScenarioDraft[];
  /** What concerns the document as a whole. */
  readonly omissions: readonly Omission[];
  /** Where its requests went: for `environments` of ringdown.yaml. The first is what relative URLs are joined to. */
  readonly baseUrls: readonly string[];
  /** Files that the scenarios refer to and that do not exist yet; names are relative to the scenarios. */
  readonly companions?: readonly { readonly name: string; readonly text: string }[];
}

/** Something of the document that is not in the scenarios, or not as it was. */
export interface Omission {
  /** Request, operation or line of the document. */
  readonly item: string;
  readonly what: string;
  readonly why: string;
  /** What to do about it. */
  readonly instead: string;
}

export interface ScenarioDraft {
  readonly name: string;
  readonly service: string;
  /** What the file is called and its permanent id, before it is made unique; the name, when absent. */
  readonly id?: string;
  readonly tags?: readonly string[];
  /** Further keys of the file in its written form: `schedule`, `timeout`, `retry`, `connection`, `cookies`, … */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly before?: readonly StepDraft[];
  readonly steps: readonly StepDraft[];
  readonly after?: readonly StepDraft[];
  readonly always?: readonly StepDraft[];
  readonly omissions?: readonly Omission[];
}

export interface StepDraft {
  readonly name: string;
  /** Every key of the step but its name, in its written form. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly omissions: readonly Omission[];
}

export const SECTIONS = ['before', 'steps', 'after', 'always'] as const;

/** Sections that a draft does not have are empty. */
export function sectionOf(draft: ScenarioDraft, section: (typeof SECTIONS)[number]): readonly StepDraft[] {
  return draft[section] ?? [];
}
