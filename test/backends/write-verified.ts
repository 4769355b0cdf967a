import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, render } from './verified-document.ts';
import { ROOT, readSeen } from './verified-records.ts';

/**
 * `node test/backends/write-verified.ts [--check]`: writes docs/verified.md from what the last `npm run test:backends` has seen, or
 * checks that the document says just that.
 */
const DOCUMENT = join(ROOT, 'docs/verified.md');

const seen = readSeen();
if (seen.length === 0) {
  process.stderr.write('nothing was recorded: run `npm run test:backends` first\n');
  process.exit(1);
}
const written = render(seen);
if (process.argv.includes('--check')) {
  const differences = compare(readFileSync(DOCUMENT, 'utf8'), written);
  for (const line of differences) process.stderr.write(`${line}\n`);
  if (differences.length > 0) {
    process.stderr.write('docs/verified.md says something else: run `node test/backends/write-verified.ts`\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(DOCUMENT, written);
}
