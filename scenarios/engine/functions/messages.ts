import type { MessagePort } from 'node:worker_threads';

/** What the thread of the functions is started with. */
export interface ThreadData {
  /** `file:` URLs. */
  readonly files: readonly string[];
  readonly port: MessagePort;
  /**
   * LOADED is 1 when all files are read, ENDED is 1 when the thread is no more. ANSWERED counts the calls that have their
   * answer, and moves on as well when the thread ends.
   */
  readonly signals: Int32Array;
}

export const LOADED = 0;
export const ANSWERED = 1;
export const ENDED = 2;

/** The first message of the thread. */
export interface Loaded {
  /** Name and index of the file, in the order of the files. */
  readonly functions: readonly { readonly name: string; readonly file: number }[];
  readonly problems: readonly LoadProblem[];
}

/** A listed file whose functions cannot be had. */
export interface LoadProblem {
  /** Its place in the list. */
  readonly file: number;
  readonly message: string;
  readonly hint: string | null;
}

export interface Call {
  readonly name: string;
  /** A JSON list. */
  readonly args: string;
}

/** `json` of the result, or why there is none. */
export type Answer = { readonly json: string } | { readonly error: string };
