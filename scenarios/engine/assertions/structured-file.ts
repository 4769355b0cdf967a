import { parse } from 'yaml';
import type { Files } from '../files.ts';

/** What reads a deeper one by recursion would run out of stack. */
const DEEPEST = 500;

/** Reads a file that holds JSON, or YAML where its ending says so; a mapping at its top. The error names the file. */
export function readMapping(path: string, files: Files): { value: object } | { error: string } {
  const read = files.text(path);
  if ('error' in read) return { error: `${path} cannot be read: ${read.error}` };
  try {
    const value: unknown = /\.ya?ml$/i.test(path) ? parse(read.value) : JSON.parse(read.value);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { error: `${path} holds no mapping` };
    return depthOf(value) > DEEPEST ? { error: `${path} is nested deeper than ${DEEPEST} levels` } : { value };
  } catch (error) {
    return { error: `${path} cannot be read: ${(error as Error).message}` };
  }
}

function depthOf(value: object): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= DEEPEST) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    depth++;
  }
  return depth;
}
