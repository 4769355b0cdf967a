import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
/** What the last run of each test file has seen; written by the reporter, read by write-verified.ts. */
export const RECORDS = join(ROOT, '.cache/verified');

/** From the most telling to the least. */
export const AGAINST = ['real', 'emulator', 'stand-in'] as const;

/** Whom a test of a backend talked to. */
export interface Peer {
  /** Folder of the backend, or a name for what stands before one: `elasticsearch`, `kapacitor`. */
  backend: string;
  against: (typeof AGAINST)[number];
  /** Name and version: `Elasticsearch 9.4.3`. */
  by: string;
}

/** What a test said while it ran: of a feature that it has seen, or, without one, of all that passes in its file. */
export type Claim = Peer & ({ feature: string; test: string } | { feature?: undefined });

export interface Seen extends Peer {
  feature: string;
  /** The test file, relative to the checkout. */
  test: string;
}

const slug = (testPath: string) => relative(ROOT, testPath).replaceAll(/[^\w.-]/g, '_');

export const claimsOf = (testPath: string) => join(RECORDS, 'claims', `${slug(testPath)}.jsonl`);
export const recordOf = (testPath: string) => join(RECORDS, `${slug(testPath)}.json`);

/** Everything that was seen by test files that there still are. */
export function readSeen(): Seen[] {
  return globSync('*.json', { cwd: RECORDS })
    .flatMap((name) => JSON.parse(readFileSync(join(RECORDS, name), 'utf8')) as Seen[])
    .filter(({ test }) => existsSync(join(ROOT, test)));
}
