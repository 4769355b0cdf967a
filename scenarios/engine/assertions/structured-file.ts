import { parse } from 'yaml';
import type { Files } from '../files.ts';

/** Reads a file that holds JSON, or YAML where its ending says so; a mapping at its top. The error names the file. */
export function readMapping(path: string, files: Files): { value: object } | { error: string } {
  const read = files.text(path);
  if ('error' in read) return { error: `${path} cannot be read: ${read.error}` };
  try {
    const value: unknown = /\.ya?ml$/i.test(path) ? parse(read.value) : JSON.parse(read.value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value };
    return { error: `${path} holds no mapping` };
  } catch (error) {
    return { error: `${path} cannot be read: ${(error as Error).message}` };
  }
}
