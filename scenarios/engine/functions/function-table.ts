/** A JSON value, or why there is none: the words name the function and its file. */
export type Called = { readonly value: unknown } | { readonly error: string };

/** The functions that templates may call: `{{ $call("sign", body) }}`. */
export interface FunctionTable {
  readonly names: readonly string[];
  /** Synchronous and never throws. Takes 100 ms at most, an endless loop included. Arguments and result are JSON. */
  call(name: string, args: readonly unknown[]): Called;
}

/** Where the config lists no file. */
export const noFunctions: FunctionTable = {
  names: [],
  call: (name) => ({ error: `there is no function ${name}: ringdown.yaml lists no file under functions` }),
};
