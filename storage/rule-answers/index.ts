import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AnswerHistory, StoredSegment } from '../../alerts/history/history.ts';

/**
 * What rules were answered, in a folder of its own and not in the database: so much of it is written that a page must
 * not wait behind it, and a damaged history is no reason to set the state of incidents aside. A file for each day (UTC),
 * a line for each segment: `from to body`, the body in base64. Retention deletes files; a damaged or torn line is one
 * segment lost.
 */
export const RULE_ANSWERS_FOLDER = 'rule-answers';

const MOST_BYTES = 1_000_000_000;
const DAY_MS = 86_400_000;
/** A segment is written a little after it ended, and may lie in the file of the next day. */
const LATE_MS = 3_600_000;

/**
 * @param isOurs whether what lies there may be changed; whoever only reads needs none
 * @param mostBytes of all files together; the oldest are given up first. Default 1 GB
 */
export function answerFiles(folder: string, isOurs: () => boolean = () => true, mostBytes = MOST_BYTES): AnswerHistory {
  /** Whether the last line may have no end. */
  let torn = true;

  return {
    async append({ from, to, body }) {
      // Another watcher's history would be mixed with ours, and a data directory that we made would not be private.
      if (!isOurs()) throw new Error(`${folder} is not this watcher's, or cannot be written`);
      const line = `${from} ${to} ${Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64')}\n`;
      await mkdir(folder, { recursive: true });
      // An empty line is none; without it the next one would be glued to what a full disk cut off.
      const text = torn ? `\n${line}` : line;
      torn = true;
      await appendFile(join(folder, fileOf(to)), text, { mode: 0o600 });
      torn = false;
    },
    async *between(from, to) {
      const first = fileOf(from);
      const last = fileOf(to + LATE_MS);
      for (const file of await filesIn(folder)) {
        if (file < first || file > last) continue;
        const lines = createInterface({
          input: createReadStream(join(folder, file)),
          crlfDelay: Number.POSITIVE_INFINITY,
        });
        for await (const line of lines) {
          if (line === '') continue;
          const segment = read(line);
          if (segment === null || (segment.to >= from && segment.from <= to)) yield segment;
        }
      }
    },
    async prune(before) {
      if (!isOurs()) return;
      const files = await filesIn(folder);
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
      let total = sizes.reduce((sum, size) => sum + size, 0);
      // The newest is being written.
      for (const [index, file] of files.slice(0, -1).entries()) {
        if (file >= fileOf(before) && total <= mostBytes) continue;
        await rm(join(folder, file), { force: true });
        total -= sizes[index]!;
      }
    },
  };
}

/** In the order of their days; none where nothing was ever kept. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d{4}-\d{2}-\d{2}\.txt$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function fileOf(ms: number): string {
  return `${new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString().slice(0, 10)}.txt`;
}

function read(line: string): StoredSegment | null {
  const match = /^(\d+) (\d+) ([A-Za-z0-9+/]+=*)$/.exec(line);
  return match && { from: Number(match[1]), to: Number(match[2]), body: Buffer.from(match[3]!, 'base64') };
}
