import type { Report } from './suite.ts';

const HEAD = `# Benchmarks

Written by \`npm run bench\`, never by hand: run it to get the numbers of your machine. Compare ratios rather than
absolute figures; each table was measured in one run, on a machine that may have had other work to do.
`;

/** One suite's section in Markdown. */
export function renderReport(title: string, report: Report, machine: string, date: Date): string {
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `## ${title}`,
    '',
    `${date.toISOString().slice(0, 10)} · ${machine} · ${versions.join(', ')}`,
    '',
    ...report.method.map((sentence) => `- ${sentence}`),
    '',
    renderTable(report.table),
    '',
    ...report.findings.map((finding) => `- ${finding}`),
    '',
  ].join('\n');
}

/** Puts a section in the place of the one of the same suite, or at the end. */
export function replaceSection(document: string, suite: string, section: string): string {
  const begin = `<!-- suite ${suite} -->`;
  const end = `<!-- end ${suite} -->`;
  const block = `${begin}\n${section}${end}\n`;
  const start = document.indexOf(begin);
  const stop = document.indexOf(end);
  if (start >= 0 && stop > start) return document.slice(0, start) + block + document.slice(stop + end.length + 1);
  return `${document || HEAD}\n${block}`;
}

function renderTable({ columns, rows }: Report['table']): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
