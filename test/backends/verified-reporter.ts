import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type Claim, claimsOf, type Peer, RECORDS, ROOT, recordOf, type Seen } from './verified-records.ts';

interface TestFile {
  path: string;
}

/** What is read of Jest's result of a test. */
interface Result {
  ancestorTitles: string[];
  fullName: string;
  status: string;
  title: string;
}

/** What is read of Jest's own settings. */
interface Run {
  testNamePattern?: string;
  testPathPatterns: { patterns: string[] };
}

/**
 * A reporter of Jest that records what was seen working: a test's claim counts only when the test has passed, which it cannot know
 * itself. A run of some tests of a file records nothing, a run of all files forgets the runs before it.
 */
export default class VerifiedReporter {
  private readonly recording: boolean;
  private readonly fromScratch: boolean;

  constructor({ testNamePattern, testPathPatterns }: Run) {
    this.recording = !testNamePattern;
    this.fromScratch = this.recording && testPathPatterns.patterns.length === 0;
  }

  onRunStart(): void {
    if (this.fromScratch) rmSync(RECORDS, { recursive: true, force: true });
  }

  onTestFileStart({ path }: TestFile): void {
    rmSync(claimsOf(path), { force: true });
  }

  onTestFileResult({ path }: TestFile, { testResults }: { testResults: Result[] }): void {
    if (!this.recording) return;
    const seen = seenIn(relative(ROOT, path), testResults, readClaims(path));
    mkdirSync(RECORDS, { recursive: true });
    writeFileSync(recordOf(path), JSON.stringify(seen, null, 1));
  }
}

/** What a test file has seen: its claims, of which those of failed tests do not count. */
export function seenIn(test: string, results: Result[], claims: Claim[]): Seen[] {
  const passed = results.filter(({ status }) => status === 'passed');
  const everything = claims.find(({ feature }) => feature === undefined) ?? contractOf(test);
  const whole = everything ? passed.map((result) => ({ ...everything, feature: featureOf(result), test })) : [];
  const single = claims.flatMap((claim) =>
    claim.feature !== undefined && passed.some(({ fullName }) => fullName === claim.test) ? [{ ...claim, test }] : [],
  );
  return [...whole, ...single];
}

function readClaims(path: string): Claim[] {
  const file = claimsOf(path);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Claim);
}

/** The fast contract suite of a backend talks to a stand-in; the embedded store is its own destination. */
function contractOf(test: string): Peer | undefined {
  const backend = /^monitoring\/backends\/([^/]+)\/contract\.test\.ts$/.exec(test)?.[1];
  if (backend === undefined) return undefined;
  if (backend === 'embedded') return { backend, against: 'real', by: 'Ringdown itself' };
  return { backend, against: 'stand-in', by: 'our stand-in' };
}

/** A shared suite's part is named before the test, so that the features of a backend sort into those parts. */
function featureOf({ ancestorTitles, title }: Result): string {
  const [, part] = /(exporter contract|operators' questions)/.exec(ancestorTitles.join(' ')) ?? [];
  return part ? `${part}: ${title}` : title;
}
