import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import pc from 'picocolors';
import { suggestion } from '../../core/document/index.ts';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import type { Omission } from '../../scenarios/importers/draft.ts';
import { type ImportedFiles, importDocument } from '../../scenarios/importers/import-document.ts';
import type { Importer, Source } from '../../scenarios/importers/importer.ts';
import { importerOf, importers } from '../../scenarios/importers/registry.ts';
import { diskFiles } from '../../scenarios/language/source-files.ts';
import { count, terminal } from '../terminal.ts';

export interface ImportFlags {
  format: string;
  /** A file, `-` for standard input, or the words of a command where the format takes one. */
  source: readonly string[];
  /** Folder that the scenarios are written into; it is made where it is missing. */
  out: string;
  /** File with variables that belong to the document (Postman). */
  environment?: string | undefined;
  /** Name of the service, instead of what the document calls it. */
  service?: string | undefined;
  /** Overwrite files that are there. */
  force: boolean;
  json: boolean;
}

/** `format: what SOURCE is` of every format, for `--help`. */
export const importFormats: readonly { format: string; reads: string }[] = importers;

/** `ringdown import FORMAT SOURCE`: writes scenario files and lists what they do not have of the document. */
export async function importScenarios(flags: ImportFlags): Promise<number> {
  const importer = importerOf(flags.format);
  if (!importer) {
    const formats = importers.map(({ format }) => format);
    throw wrong(
      'UNKNOWN_FORMAT',
      `unknown format "${flags.format}"`,
      suggestion(flags.format, formats) ?? `known: ${formats.join(', ')}`,
    );
  }
  const source = await readSource(importer, flags);
  const environment = flags.environment === undefined ? {} : { environment: readText(flags.environment) };
  const result = importDocument(
    importer,
    source,
    { ...(flags.service === undefined ? {} : { service: flags.service }), ...environment },
    (file) => diskFiles(join(flags.out, file)),
  );
  if ('refused' in result) throw wrong('NOT_IMPORTED', `${source.name}: ${result.refused}`, result.hint);
  const written = writeFiles(result, flags);
  if (flags.json) printJson(result, written);
  else printSummary(result, written, flags.out);
  return result.scenarios.length > 0 ? EXIT.success : EXIT.usage;
}

async function readSource(importer: Importer, { source, out }: ImportFlags): Promise<Source> {
  const [first = '', ...more] = source;
  const isCommand = importer.takesCommand && (more.length > 0 || /^\s*\S*curl(\.exe)?\s/.test(first));
  if (more.length > 0 && !isCommand)
    throw wrong('ONE_SOURCE', `one document at a time, found ${source.length}`, 'run the command once for each');
  const folder = isCommand || first === '-' ? '.' : dirname(first);
  const reference = (path: string) => {
    const there = relative(out, resolve(folder, path)).split(sep).join('/');
    return there.startsWith('.') ? there : `./${there}`;
  };
  const load = (path: string) => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch {
      return null;
    }
  };
  if (isCommand)
    return {
      name: 'the command',
      text: more.length > 0 ? '' : first,
      ...(more.length > 0 ? { words: source } : {}),
      reference,
      load,
    };
  const name = first === '-' ? 'stdin' : first;
  if (first === '-') return { name, text: await readAll(process.stdin), reference, load };
  return { name, text: readText(first), file: basename(first), reference, load };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const { code, message } = toError(cause) as NodeJS.ErrnoException;
    throw wrong(
      'UNREADABLE',
      `${file} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`,
      'name a file, or - for standard input',
    );
  }
}

/** All or nothing: a file that is there already is nobody's to overwrite. @returns the paths written */
function writeFiles({ scenarios, companions }: ImportedFiles, { out, force }: ImportFlags): string[] {
  const files = [
    ...scenarios.map(({ file, text }) => ({ path: join(out, file), text })),
    ...companions.map(({ name, text }) => ({ path: join(out, name), text })),
  ];
  const there = files.filter(({ path }) => existsSync(path)).map(({ path }) => path);
  if (there.length > 0 && !force)
    throw wrong(
      'FILE_EXISTS',
      `${there.slice(0, 5).join(', ')}${there.length > 5 ? ` and ${there.length - 5} more` : ''} exist already`,
      'write elsewhere with --out, or overwrite with --force',
    );
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  } catch (cause) {
    throw wrong('OUTPUT', `the files cannot be written: ${toError(cause).message}`, 'choose another folder with --out');
  }
  return files.map(({ path }) => path);
}

function printJson({ scenarios, omissions, baseUrls, secrets }: ImportedFiles, written: readonly string[]): void {
  terminal.out(
    JSON.stringify({
      files: written,
      scenarios: scenarios.map(({ id, name, steps }, index) => ({ id, name, steps, file: written[index] })),
      not_carried_over: omissions,
      base_urls: baseUrls,
      secrets,
    }),
  );
}

function printSummary(
  { scenarios, omissions, baseUrls, secrets }: ImportedFiles,
  written: readonly string[],
  out: string,
): void {
  for (const [index, { steps, name }] of scenarios.entries())
    terminal.out(`${written[index]}  ${pc.dim(`${count(steps, 'step')}: ${name}`)}`);
  for (const path of written.slice(scenarios.length)) terminal.out(path);
  if (scenarios.length === 0) terminal.err(pc.red('nothing could be carried over'));
  if (omissions.length > 0) {
    terminal.err(pc.yellow(`\n${count(omissions.length, 'thing')} not carried over:`));
    for (const omission of omissions) terminal.err(describe(omission));
  }
  if (scenarios.length === 0) return;
  terminal.err('');
  const [base, ...others] = baseUrls;
  if (base) terminal.err(`environment   ringdown.yaml needs one:  environments: { imported: { base_url: "${base}" } }`);
  for (const other of others) terminal.err(`              requests also go to ${other}`);
  if (secrets.length > 0) terminal.err(`secrets       set before a run: ${secrets.join(', ')}`);
  terminal.err(`try           ringdown run ${join(out, '*.scenario.yaml')}`);
}

function describe({ item, what, why, instead }: Omission): string {
  return `  ${item}: ${what}\n      ${pc.dim(`${why}; ${instead}`)}`;
}

function wrong(code: string, message: string, hint: string): RingdownError {
  return new RingdownError(code, message, { hint, exitCode: EXIT.usage });
}
