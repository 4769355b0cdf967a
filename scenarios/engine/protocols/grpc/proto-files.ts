import { posix } from 'node:path';
import type { Files } from '../../files.ts';
import { descriptorOf, type ProtoFile, readProto } from './proto-file.ts';
import { Schema } from './schema.ts';
import { wellKnownFile } from './well-known.ts';

/** More than any service has. */
const MOST_FILES = 1_000;

/**
 * Reads a `.proto` file and everything that it imports. Imports are looked for in `paths`, then beside the main file.
 * @returns a schema, or what is wrong in words for a person
 */
export function readSchema(
  main: string,
  paths: readonly string[],
  files: Files,
): { value: Schema } | { error: string } {
  const text = files.text(main);
  if ('error' in text) return { error: text.error };
  const found = new Map<string, ProtoFile>();
  const problem = collect(main, text.value, [...paths, posix.dirname(main)], files, found);
  if (problem) return { error: problem };
  try {
    return { value: new Schema(main, new Map([...found].map(([name, file]) => [name, descriptorOf(file)]))) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function collect(
  name: string,
  text: string,
  roots: readonly string[],
  files: Files,
  found: Map<string, ProtoFile>,
): string | null {
  const read = readProto(name, text);
  if ('error' in read) return read.error;
  found.set(name, read.value);
  if (found.size > MOST_FILES) return `${name}: more than ${MOST_FILES} files are imported`;
  for (const imported of read.value.imports) {
    if (found.has(imported) || wellKnownFile(imported)) continue;
    const next = firstOf(imported, roots, files);
    if (next === null) return `${name}: cannot find the import "${imported}" in ${roots.join(', ')}`;
    const problem = collect(imported, next, roots, files, found);
    if (problem) return problem;
  }
  return null;
}

function firstOf(imported: string, roots: readonly string[], files: Files): string | null {
  for (const root of roots) {
    const read = files.text(posix.join(root, imported));
    if ('value' in read) return read.value;
  }
  return null;
}
