import { open } from 'node:fs/promises';
import type { ReadSecrets, SecretRead } from '../secret-source.ts';

const LARGEST_BYTES = 64 * 1024;

/** Contents of files in UTF-8. A line break at the end does not count: editors put one there. */
export const readFiles: ReadSecrets<{ readonly file: string }> = (sources) =>
  Promise.all(sources.map(({ file }) => readOne(file)));

async function readOne(file: string): Promise<SecretRead> {
  try {
    const handle = await open(file);
    try {
      const found = await handle.stat();
      // What has no end, such as a device, would be read forever.
      if (!found.isFile()) return { error: `${file} is ${found.isDirectory() ? 'a folder' : 'no file'}`, hint: null };
      if (found.size > LARGEST_BYTES)
        return { error: `the file ${file} is larger than 64 KiB`, hint: 'is it the right one?' };
      const value = (await handle.readFile('utf8')).replace(/\r?\n$/, '');
      return value === '' ? { error: `the file ${file} is empty`, hint: null } : { value };
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    return { error: `the file ${file} ${wordsOf(thrown)}`, hint: null };
  }
}

function wordsOf(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  return `cannot be read: ${code ?? 'unknown error'}`;
}
