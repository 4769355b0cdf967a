import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pc from 'picocolors';
import { renderDiagnostic } from '../../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../../core/errors.ts';
import { count, printDiagnostics, terminal } from '../../terminal.ts';
import { type CompilationOptions, loadCompilation } from './load-compilation.ts';

export interface CompileOptions extends CompilationOptions {
  /** Folder to write to; files are printed when it is absent. */
  out: string | undefined;
  json: boolean;
}

/** `ringdown alerts compile`: policies as another system's rules. @returns 2 when the target cannot express something */
export async function compilePolicyFiles(options: CompileOptions): Promise<number> {
  const { compiler, compilation, texts } = await loadCompilation(options);
  const { files, refusals, approximations, rules } = compilation;
  if (options.json) {
    terminal.out(JSON.stringify({ target: compiler.target, rules, files, refusals, approximations }));
    if (refusals.length > 0) return EXIT.usage;
  } else {
    for (const one of approximations)
      terminal.err(`${pc.yellow('approximate')} ${renderDiagnostic(one, texts.get(one.file) ?? '')}\n`);
    if (refusals.length > 0) {
      printDiagnostics(refusals, texts);
      terminal.err(`nothing is compiled while ${compiler.title} cannot express all of it`);
      return EXIT.usage;
    }
  }
  if (options.out !== undefined) {
    for (const { path, content } of files) write(join(options.out, path), content);
    if (!options.json)
      terminal.err(`${count(rules, 'rule')} for ${compiler.title}: ${count(files.length, 'file')} in ${options.out}`);
  } else if (!options.json) {
    for (const { path, content } of files) terminal.out(files.length > 1 ? `==> ${path} <==\n${content}` : content);
  }
  return EXIT.success;
}

function write(file: string, content: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  } catch (cause) {
    throw new RingdownError('OUTPUT', `${file} cannot be written: ${toError(cause).message}`, {
      exitCode: EXIT.usage,
      cause,
    });
  }
}
