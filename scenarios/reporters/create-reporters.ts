import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import type { RunResult } from '../run-result.ts';
import { reporters } from './registry.ts';
import type { Reporter, RunStarted, StepFinished } from './reporter.ts';

/** One `--reporter`: its name and where its text goes. */
export interface ReporterChoice {
  name: string;
  /** A file; null for the terminal. */
  output: string | null;
}

/** Where reporters without a file write to. */
export interface ReporterTerminal {
  write(text: string): void;
  /** Whether a person looks at it. */
  interactive: boolean;
  colour: boolean;
  columns: number;
}

/** Several reporters as one. `finish` writes what is left and closes the files. */
export interface ReporterSet {
  runStarted(run: RunStarted): void;
  stepFinished(step: StepFinished): void;
  runFinished(run: RunResult): void;
  finish(): void;
}

/** Reads `junit` or `junit=report.xml`. @throws RingdownError (usage) for a reporter that there is not */
export function readReporterChoice(text: string): ReporterChoice {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const output = at < 0 ? null : text.slice(at + 1);
  const names = [...reporters.keys()];
  if (!reporters.has(name)) {
    throw new RingdownError('UNKNOWN_REPORTER', `there is no reporter "${name}"`, {
      hint: suggestion(name, names) ?? `there are: ${names.join(', ')}`,
      exitCode: EXIT.usage,
    });
  }
  if (output === '') {
    throw new RingdownError('REPORTER_FILE', `"${text}" names no file`, {
      hint: `${name}=FILE, or ${name} alone for the terminal`,
      exitCode: EXIT.usage,
    });
  }
  return { name, output };
}

/**
 * Opens what the reporters write to, before anything runs: a report that cannot be written is told at once.
 * @param choices one reporter at most may go to the terminal
 * @param runs how many runs there will be, as far as is known
 * @throws RingdownError (usage) when a file cannot be written, or two reporters want the same place
 */
export function createReporters(
  choices: readonly ReporterChoice[],
  terminal: ReporterTerminal,
  runs?: number,
): ReporterSet {
  const places = choices.map(({ output }) => (output === null ? 'the terminal' : resolve(output)));
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) {
    throw new RingdownError('REPORTER_PLACE', `two reporters would write to ${twice}`, {
      hint: 'give one of them a file of its own: --reporter junit=report.xml',
      exitCode: EXIT.usage,
    });
  }
  const open = choices.map(({ name, output }) => {
    const kind = reporters.get(name)!;
    const count = runs === undefined ? {} : { runs };
    if (output !== null) return { reporter: kind.create({ colour: false, ...count }), place: fileAt(output) };
    const { interactive, colour, columns } = terminal;
    // A pseudo-terminal that nobody gave a size has no columns.
    const width = columns > 0 ? columns : 80;
    const reporter = kind.create({ colour, live: interactive, width, ...count });
    return { reporter, place: { write: (text: string) => terminal.write(text), close() {} } };
  });
  const tell = (ask: (reporter: Reporter) => string | undefined) => {
    for (const { reporter, place } of open) {
      const text = ask(reporter);
      if (text) place.write(text);
    }
  };
  return {
    runStarted: (run) => tell((reporter) => reporter.runStarted?.(run)),
    stepFinished: (step) => tell((reporter) => reporter.stepFinished?.(step)),
    runFinished: (run) => tell((reporter) => reporter.runFinished?.(run)),
    finish() {
      tell((reporter) => reporter.finish?.());
      for (const { place } of open) place.close();
    },
  };
}

function fileAt(path: string): { write(text: string): void; close(): void } {
  const orFail = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new RingdownError('OUTPUT', `the report cannot be written to ${path}: ${toError(cause).message}`, {
        exitCode: EXIT.usage,
        cause,
      });
    }
  };
  const file = orFail(() => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'w');
  });
  return { write: (text) => void orFail(() => writeAll(file, text)), close: () => orFail(() => closeSync(file)) };
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
