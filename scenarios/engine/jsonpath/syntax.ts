/** What a JSONPath query says (RFC 9535 §2), as plain data. */
export interface Query {
  /** `$`, or `@`: the value that a filter is judging. */
  readonly root: '$' | '@';
  readonly segments: readonly Segment[];
  /** Selects one node at most (§2.3.5.1): names and indexes only. */
  readonly singular: boolean;
}

export interface Segment {
  /** `..`: the value and everything in it, instead of its children. */
  readonly descendant: boolean;
  readonly selectors: readonly Selector[];
}

export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'slice'; readonly start: number | null; readonly end: number | null; readonly step: number }
  | { readonly kind: 'filter'; readonly test: Test };

/** A logical expression of a filter (§2.3.5). */
export type Test =
  | { readonly kind: 'or' | 'and'; readonly tests: readonly Test[] }
  | { readonly kind: 'not'; readonly test: Test }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Operand;
      readonly right: Operand;
    }
  /** Whether the query selects anything. */
  | { readonly kind: 'exists'; readonly query: Query }
  /** Of a function whose result is logical. */
  | { readonly kind: 'call'; readonly call: Call };

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Something with one value, or none. */
export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** A singular query. */
  | { readonly kind: 'query'; readonly query: Query }
  /** Of a function whose result is a value. */
  | { readonly kind: 'call'; readonly call: Call };

export interface Call {
  readonly name: FunctionName;
  readonly operands: readonly (Operand | { readonly kind: 'nodes'; readonly query: Query })[];
}

export type FunctionName = 'length' | 'count' | 'match' | 'search' | 'value';

/** Parameters and result of the functions (§2.4): `value` one value or none, `nodes` whatever a query selects. */
export const FUNCTIONS: Readonly<
  Record<FunctionName, { parameters: readonly ('value' | 'nodes')[]; result: 'value' | 'logical' }>
> = {
  length: { parameters: ['value'], result: 'value' },
  count: { parameters: ['nodes'], result: 'value' },
  match: { parameters: ['value', 'value'], result: 'logical' },
  search: { parameters: ['value', 'value'], result: 'logical' },
  value: { parameters: ['nodes'], result: 'value' },
};
