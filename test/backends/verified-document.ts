import { AGAINST, type Seen } from './verified-records.ts';

const INTRODUCTION = `# What was seen working, and on what

Generated from the run of \`npm run test:backends\`: a line stands here because its test passed. Written by
\`node test/backends/write-verified.ts\`, never by hand.

- **A server with its version**: the vendor's own server, installed and started by the test.
- **(emulator)**: another's imitation of the vendor's service.
- **(stand-in)**: a peer of ours that enforces the limits and errors that the vendor documents. It shows that our side keeps to the
  documents, and nothing of how the vendor's service behaves.
`;

/** docs/verified.md: a table for each backend, sorted, without dates. */
export function render(all: Seen[]): string {
  const backends = Map.groupBy(all, ({ backend }) => backend);
  const names = [...backends.keys()].sort();
  return [INTRODUCTION, ...names.map((name) => table(name, backends.get(name)!))].join('\n');
}

/** One line for a feature: the most telling peer that it was seen on. */
function table(backend: string, features: Seen[]): string {
  const best = new Map<string, Seen>();
  for (const one of features.toSorted(byPeer)) if (!best.has(one.feature)) best.set(one.feature, one);
  const rows = [...best.values()].sort((left, right) => (left.feature < right.feature ? -1 : 1));
  return [
    `## ${backend}`,
    '',
    '| feature | seen on | test |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${cell(row.feature)} | ${cell(peer(row))} | [${cell(nameOf(row))}](../${row.test}) |`),
    '',
  ].join('\n');
}

function byPeer(left: Seen, right: Seen): number {
  return AGAINST.indexOf(left.against) - AGAINST.indexOf(right.against) || (left.test < right.test ? -1 : 1);
}

/** Packagers add to a version what changes without its meaning: `1.6.7~rc0`, `2.42.0+ds`. */
function peer({ against, by }: Seen): string {
  if (against === 'stand-in') return against;
  const plain = by.replaceAll(/(\d+(?:\.\d+)+)\S*/g, '$1');
  return against === 'real' ? plain : `${plain} (${against})`;
}

function nameOf({ test }: Seen): string {
  return test
    .split('/')
    .at(-1)!
    .replace(/\.test\.ts$/, '');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Lines that only one of the two has. */
export function compare(there: string, wanted: string): string[] {
  const [has, wants] = [there.split('\n'), wanted.split('\n')];
  return [
    ...has.filter((line) => !wants.includes(line)).map((line) => `said, and not seen: ${line}`),
    ...wants.filter((line) => !has.includes(line)).map((line) => `seen, and not said: ${line}`),
  ];
}
