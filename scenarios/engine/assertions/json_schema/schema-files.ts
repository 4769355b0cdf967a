import { posix } from 'node:path';
import type { Files } from '../../files.ts';
import { readMapping } from '../structured-file.ts';

const MOST_FILES = 100;

/**
 * A schema file and the files that it refers to, and they to others: each with an `$id` that references resolve to.
 * What has an `$id` of its own keeps it, and refers to what that says. The first one is the schema itself.
 */
export function readSchemaFiles(path: string, files: Files): { value: object[] } | { error: string } {
  const read = new Map<string, object>();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const name = posix.normalize(next);
    if (read.has(name)) continue;
    if (read.size >= MOST_FILES) return { error: `${path} refers to more than ${MOST_FILES} files` };
    const mapping = readMapping(next, files);
    if ('error' in mapping) return next === path ? mapping : { error: `${path} refers to a file: ${mapping.error}` };
    const schema = mapping.value;
    if ('$id' in schema) {
      read.set(name, schema);
      continue;
    }
    read.set(name, { ...schema, $id: idOf(name) });
    for (const reference of referencesIn(schema)) {
      const [file] = reference.split('#') as [string];
      if (file !== '' && !/^[a-z][a-z0-9+.-]*:/i.test(file)) waiting.push(posix.join(posix.dirname(name), file));
    }
  }
  return { value: [...read.values()] };
}

/** An address that relative references lead away from as paths do, up to ten folders above the scenario's. */
function idOf(name: string): string {
  return new URL(name, `https://schemas.invalid/${'above/'.repeat(10)}`).href;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) =>
    key === '$ref' && typeof inside === 'string' ? [inside] : referencesIn(inside),
  );
}
