import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderReport, replaceSection } from './document.ts';
import type { Suite } from './suite.ts';

/** `npm run bench [-- <suite>…] [--quick]`; see suite.ts for what a suite is. Writes docs/benchmarks.md. */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' } } });
const quick = values.quick === true;
const known = globSync('*/index.ts', { cwd: import.meta.dirname })
  .map((file) => basename(dirname(file)))
  .sort();
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  process.exit(2);
}

const document = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}, Node ${process.versions.node}`;

for (const name of positionals.length > 0 ? positionals : known) {
  const { suite } = (await import(join(import.meta.dirname, name, 'index.ts'))) as { suite: Suite };
  console.log(`${suite.title}${quick ? ' (quick)' : ''}`);
  const report = await suite.run({ quick, progress: (line) => console.log(`  ${line}`) });
  const section = renderReport(suite.title, report, machine, new Date());
  console.log(`\n${section}`);
  if (quick) continue;
  const before = existsSync(document) ? readFileSync(document, 'utf8') : '';
  writeFileSync(document, replaceSection(before, name, section));
}
