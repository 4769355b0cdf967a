import type { Alert } from './alert.ts';
import type { MetricCatalog } from './metrics.ts';

/** What a folder under `alerts/compilers` exports as `compiler`. Pure, but for `deployed`. */
export interface Compiler<Piece = unknown> {
  /** Name of the folder, and of `--target`. */
  target: string;
  /** As people know it: `Prometheus and Alertmanager`. */
  title: string;
  /** Type of the entry of `inbound:` that understands what the target sends. */
  inbound: string;
  /** What `--set key=value` may say, and what stands where it does not. */
  settings: Readonly<Record<string, Setting>>;
  /**
   * One rule in the target's terms.
   * @throws CannotExpress where the target has nothing like it; `alert.approximate` says what comes near only
   */
  compile(alert: Alert, context: CompileContext): Piece;
  /** The files, comments in them included. */
  assemble(compiled: readonly Compiled<Piece>[], context: CompileContext): readonly CompiledFile[];
  /** What should be there once the files are deployed, as `deployed` tells it. */
  items(compiled: readonly Compiled<Piece>[], context: CompileContext): readonly Item[];
  /**
   * What is there of Ringdown's. Rejects when the target cannot be asked. Absent where it has no API for that.
   * @param wanted ids of `items`: what a target can be asked for by name alone
   */
  deployed?(
    connection: Connection,
    context: CompileContext,
    wanted: readonly string[],
    abort: AbortSignal,
  ): Promise<readonly Item[]>;
}

export interface Setting {
  description: string;
  /** Null: it has to be said. */
  fallback: string | null;
}

export interface Compiled<Piece = unknown> {
  alert: Alert;
  piece: Piece;
}

export interface CompileContext {
  /** Where the target tells Ringdown of its alerts: `<public_url>/api/v1/inbound/<name>`. */
  inboundUrl: string;
  metrics: MetricCatalog;
  /** Of `Compiler.settings`, complete. */
  settings: Readonly<Record<string, string>>;
}

export interface CompiledFile {
  /** Relative, with `/`. */
  path: string;
  content: string;
}

/** A part of a deployment in a form in which equal ones are equal: without comments, spaces and what the target adds by itself. */
export interface Item {
  /** `task ringdown-critical-errors`, `rule critical/errors`. */
  id: string;
  /** Aspect → value, such as `expression` → `sum(x) > 5`. */
  content: Readonly<Record<string, string>>;
}

export interface Connection {
  url: string;
  /** Authorization and the like. */
  headers: Readonly<Record<string, string>>;
}

/** The target has nothing that means the same, not even nearly. */
export class CannotExpress extends Error {
  readonly path: readonly (string | number)[];
  readonly hint: string | undefined;

  /** @param path of the construct, below the rule */
  constructor(path: readonly (string | number)[], message: string, hint?: string) {
    super(message);
    this.path = path;
    this.hint = hint;
  }
}

/** Where a person puts the token of the inbound entry; no compiled file holds a secret. */
export const TOKEN_PLACEHOLDER = 'RINGDOWN_INBOUND_TOKEN';
