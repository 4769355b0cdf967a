import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { toError } from '../../core/errors.ts';
import type { FileRead, Files } from '../engine/files.ts';

/** Files as seen from one of them: paths are relative to the folder that it stands in. */
export interface SourceFiles extends Files {
  /** How messages call what this file calls `path`, and by what files are told apart. */
  locate(path: string): string;
  /** The files as the one at `path` sees them. */
  from(path: string): SourceFiles;
}

type Read = (path: string) => FileRead<Uint8Array>;

/** Larger files are refused. */
const MOST_FILE_BYTES = 10_000_000;

/** Files on disk. @param file the scenario that names them */
export function diskFiles(file: string): SourceFiles {
  return sourceFiles(file, readDisk);
}

/** Files that stand nowhere but here, by path; of an editor, for example. @param file the scenario that names them */
export function memoryFiles(file: string, contents: Readonly<Record<string, string | Uint8Array>>): SourceFiles {
  return sourceFiles(file, (path) => {
    const content = Object.hasOwn(contents, path) ? contents[path] : undefined;
    if (content === undefined) return { error: 'there is no such file' };
    return { value: typeof content === 'string' ? Buffer.from(content) : content };
  });
}

/** For a scenario that can name none. */
export function noSourceFiles(file: string): SourceFiles {
  return sourceFiles(file, () => ({ error: 'no files can be read here' }));
}

/** The same files; `seen` is told the location of each that is asked for, also of one that is not there. */
export function watched(files: SourceFiles, seen: (location: string) => void): SourceFiles {
  return {
    locate: (path) => files.locate(path),
    from: (path) => watched(files.from(path), seen),
    text(path) {
      seen(files.locate(path));
      return files.text(path);
    },
    bytes(path) {
      seen(files.locate(path));
      return files.bytes(path);
    },
  };
}

/** The same files, but only those that `allowed` lets through, by their location; of others nothing can be learned. */
export function confined(files: SourceFiles, allowed: (location: string) => boolean): SourceFiles {
  const refused = { error: 'it may not be read from here' };
  return {
    locate: (path) => files.locate(path),
    from: (path) => confined(files.from(path), allowed),
    text: (path) => (allowed(files.locate(path)) ? files.text(path) : refused),
    bytes: (path) => (allowed(files.locate(path)) ? files.bytes(path) : refused),
  };
}

function sourceFiles(file: string, read: Read): SourceFiles {
  const locate = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  const bytes = (path: string): FileRead<Uint8Array> =>
    path === '' || path.includes('\0') ? { error: 'that is no path of a file' } : read(locate(path));
  return {
    locate,
    bytes,
    text(path) {
      const found = bytes(path);
      if ('error' in found) return found;
      try {
        return { value: new TextDecoder('utf-8', { fatal: true }).decode(found.value) };
      } catch {
        return { error: 'it is not a text in UTF-8' };
      }
    },
    from: (path) => sourceFiles(locate(path), read),
  };
}

function readDisk(path: string): FileRead<Uint8Array> {
  try {
    // A pipe or a device would be waited for, perhaps for ever.
    const found = statSync(path);
    const { size } = found;
    if (!found.isFile()) return { error: 'it is not a file' };
    if (size > MOST_FILE_BYTES) return { error: `it has ${(size / 1e6).toFixed(1)} MB; at most 10 MB are read` };
    return { value: readFileSync(path) };
  } catch (thrown) {
    const { code, message } = toError(thrown) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { error: 'there is no such file' };
    return { error: code === 'EACCES' ? 'it may not be read' : message };
  }
}
