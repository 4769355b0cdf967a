import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';

/** The writes whose failure the spool must survive, apart so that tests can make them fail. */
export interface SpoolFiles {
  /** Creates an empty segment; what a failed write left under that name goes. */
  openSegment(path: string): Promise<FileHandle>;
  /** Writes all of `buffers` at `at`. */
  write(file: FileHandle, buffers: Uint8Array[], at: number): Promise<void>;
  sync(file: FileHandle): Promise<void>;
}

// Linux refuses longer lists (IOV_MAX).
const MOST_BUFFERS = 1024;

export const systemFiles: SpoolFiles = {
  openSegment: (path) => open(path, 'w+'),
  async write(file, buffers, at) {
    let position = at;
    for (let first = 0; first < buffers.length; first += MOST_BUFFERS) {
      const part = buffers.slice(first, first + MOST_BUFFERS);
      const { bytesWritten } = await file.writev(part, position);
      position += bytesWritten;
      const wanted = part.reduce((sum, buffer) => sum + buffer.length, 0);
      if (bytesWritten === wanted) continue;
      // A short write: the rest goes alone, and says why where the disk is full.
      let rest = Buffer.concat(part).subarray(bytesWritten);
      while (rest.length > 0) {
        const { bytesWritten: more } = await file.write(rest, 0, rest.length, position);
        rest = rest.subarray(more);
        position += more;
      }
    }
  },
  sync: (file) => file.datasync(),
};

/** Makes new and deleted names of a folder durable. Windows cannot open folders and needs no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
