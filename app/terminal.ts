import pc from 'picocolors';
import { type Diagnostic, renderDiagnostic } from '../core/document/index.ts';
import { RingdownError } from '../core/errors.ts';

/** Where commands speak to people. Results go to stdout, everything about them to stderr. */
export interface Terminal {
  /** Both return false when nobody reads any more. */
  out(line: string): boolean;
  err(line: string): boolean;
  /** Says what is going on when it takes longer than a second. */
  progress<T>(what: string, work: Promise<T>): Promise<T>;
}

const PATIENCE_MS = 1_000;

// A terminal that was closed, or a pipe whose reader ended, must not end a watcher that still has pages to send.
function speaker(stream: NodeJS.WriteStream): (line: string) => boolean {
  let lost = false;
  stream.on('error', () => {
    lost = true;
  });
  return (line) => {
    if (!lost) stream.write(`${line}\n`);
    return !lost;
  };
}

export const terminal: Terminal = {
  out: speaker(process.stdout),
  err: speaker(process.stderr),
  async progress(what, work) {
    const timer = setTimeout(() => terminal.err(pc.dim(`… ${what}`)), PATIENCE_MS);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  },
};

export function printDiagnostics(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string>): void {
  for (const diagnostic of diagnostics) {
    terminal.err(`${renderDiagnostic(diagnostic, texts.get(diagnostic.file) ?? '')}\n`);
  }
  const files = new Set(diagnostics.map(({ file }) => file)).size;
  terminal.err(pc.red(`${count(diagnostics.length, 'error')} in ${count(files, 'file')}`));
}

export function printError(error: unknown): void {
  if (error instanceof RingdownError) {
    terminal.err(`${pc.red('error')} ${error.message} ${pc.dim(`[${error.code}]`)}`);
    if (error.hint) terminal.err(`      ${error.hint}`);
  } else {
    terminal.err(
      `${pc.red('internal error')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

export function count(number: number, thing: string, things = `${thing}s`): string {
  return `${number} ${number === 1 ? thing : things}`;
}
