import type { TSchema } from 'typebox';
import type { SignalAnswer, SignalQuestion } from './signal.ts';

/** One value of one set of labels, at one evaluation. */
export interface Reading {
  /** What tells this instance of the rule from its others. */
  labels: Readonly<Record<string, string>>;
  value: number | null;
  /** Null: there is no data. */
  breached: boolean | null;
  /** One sentence with value and limit in people's units: `p95 of GET /v1/posts is 2.1 s, allowed are 500 ms`. */
  text: string;
  /** As text with its unit, for summaries; null where there is none. */
  shown: { value: string | null; threshold: string | null };
}

/** Something wrong with a rule that the schema cannot say. `path` is below the key of the kind. */
export interface RuleProblem {
  path: readonly (string | number)[];
  message: string;
  hint?: string;
}

/** What a folder under `alerts/rules` exports as `rule`. Pure: it neither asks nor waits. */
export interface RuleKind<Written = unknown, Spec = unknown> {
  /** The key in the policy file, and the name of the folder with `-` for `_`. */
  kind: string;
  /** Shape of what stands under the key; descriptions and examples become the published schema. */
  schema: TSchema;
  check(written: Written): readonly RuleProblem[];
  /** Only of what `schema` and `check` let pass. */
  compile(written: Written): Spec;
  /** @param now wall-clock milliseconds */
  questions(spec: Spec, now: number): readonly SignalQuestion[];
  /** @param answers in the order of the questions; null where one could not be asked. Never throws. */
  evaluate(spec: Spec, answers: readonly (SignalAnswer | null)[], now: number): readonly Reading[];
}
