import type { TSchema } from 'typebox';
import type { SeriesQuestion, SignalAnswer, SignalQuestion } from './signal.ts';

/** One value of one set of labels, at one evaluation. */
export interface Reading {
  /** What tells this instance of the rule from its others. */
  labels: Readonly<Record<string, string>>;
  value: number | null;
  /** Null: there is no data. */
  breached: boolean | null;
  /** One sentence with value and limit in people's units: `p95 of GET /v1/posts is 2.1 s, more than 500 ms`. */
  text: string;
  /** As text with its unit, for summaries; null where there is none. */
  shown: { value: string | null; threshold: string | null };
}

/** The series of an instance whose records, or requests, tell why it fires; they have these labels. */
export interface ShownSeries {
  question: SeriesQuestion;
  labels: Readonly<Record<string, string>>;
}

/** Something wrong with a rule that the schema cannot say. `path` is below the key of the kind. */
export interface RuleProblem {
  path: readonly (string | number)[];
  /** Whether the key or, when absent, the value is meant. */
  part?: 'key' | 'value';
  message: string;
  hint?: string;
}

/** A name in a rule that must be configured elsewhere. */
export interface RuleReference {
  path: readonly (string | number)[];
  to: 'backend' | 'heartbeat';
  name: string;
}

/** What a folder under `alerts/rules` exports as `rule`. Pure: it neither asks nor waits. */
export interface RuleKind<Written = unknown, Spec = unknown> {
  /** The key in the policy file, and the name of the folder with `-` for `_`. */
  kind: string;
  /** Shape of what stands under the key; descriptions and examples become the published schema. */
  schema: TSchema;
  /** Only of what `schema` lets pass. */
  check(written: Written): readonly RuleProblem[];
  references(written: Written): readonly RuleReference[];
  /** Only of what `schema` and `check` let pass. */
  compile(written: Written): Spec;
  /** Names of the labels that its readings carry. */
  labels(spec: Spec): readonly string[];
  /** The service that it asks about, for incidents of rules that name none; null where it asks about none or several. */
  service(spec: Spec): string | null;
  /** @param now wall-clock milliseconds */
  questions(spec: Spec, now: number): readonly SignalQuestion[];
  /**
   * Never throws.
   * @param answers in the order of the questions; null where one could not be asked. What depends on such a one has no
   *   reading: that is not "no data", which would be a statement about the service
   */
  evaluate(spec: Spec, answers: readonly (SignalAnswer | null)[], now: number): readonly Reading[];
  /**
   * For how long telemetry must have been received before this reading says something of the service, milliseconds: while
   * nobody listened, nothing was heard. 0 for what rests on data that is there.
   */
  restsOn(spec: Spec, reading: Reading): number;
  /** The series of which there is too much, or which takes too long, when it fires; null where there is too little, or none. */
  shows(spec: Spec): SeriesQuestion | null;
  /** What an instance reads that was there before and is in the answer no more; null for no data. */
  vanished(spec: Spec, labels: Readonly<Record<string, string>>): Reading | null;
}

/** Completes a definition: nothing more to check, no labels, no service, rests on data, shows nothing, and what vanished has no data, unless it says so. */
export function defineRule<Written, Spec>(
  definition: Pick<RuleKind<Written, Spec>, 'kind' | 'schema' | 'compile' | 'questions' | 'evaluate'> &
    Partial<RuleKind<Written, Spec>>,
): RuleKind {
  return {
    check: () => [],
    references: () => [],
    labels: () => [],
    service: () => null,
    restsOn: () => 0,
    shows: () => null,
    vanished: () => null,
    ...definition,
  } as RuleKind;
}
