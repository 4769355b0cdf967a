import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Another engine that is a program of its own. `rivals.mjs` installs them. */
export interface Rival {
  readonly name: string;
  /** The one that `rivals.mjs` installs; of those that are present, what they say themselves. */
  readonly version: string;
  readonly executable: string;
  readonly file: string;
  /** Journeys of a round: so many that the program's start does not matter, and few enough for its pace. */
  readonly journeys: number;
  args(file: string, origin: string, journeys: number): string[];
}

const TOOLS = fileURLToPath(new URL('../../.cache/tools/', import.meta.url));

const ALL: readonly Rival[] = [
  {
    name: 'k6',
    version: '1.8.1',
    executable: `${TOOLS}bin/k6`,
    file: 'journey.k6.js',
    journeys: 2_000,
    args: (file, origin, journeys) => [
      ...['run', '--quiet', '--no-usage-report', '--no-summary', '--log-output', 'stderr'],
      ...['-e', `ORIGIN=${origin}`, '-e', `JOURNEYS=${journeys}`, file],
    ],
  },
  {
    name: 'Hurl',
    version: '8.0.1',
    executable: `${TOOLS}bin/hurl`,
    file: 'journey.hurl',
    journeys: 1_000,
    args: (file, origin, journeys) => [
      ...['--test', '--jobs', '10', '--repeat', String(journeys), '--variable', `origin=${origin}`, file],
    ],
  },
  {
    name: 'Newman',
    version: '6.2.2',
    executable: `${TOOLS}newman/node_modules/.bin/newman`,
    file: 'journey.postman.json',
    journeys: 40,
    args: (file, origin, journeys) => [
      ...['run', file, '--iteration-count', String(journeys), '--env-var', `origin=${origin}`, '--silent'],
    ],
  },
];

/** Those that are installed, and the names of those that are not. */
export function installedRivals(): { present: Rival[]; missing: string[] } {
  const present = ALL.filter(({ executable }) => existsSync(executable) && childrenMicros() !== null).map((rival) => ({
    ...rival,
    version: installedVersion(rival),
  }));
  const missing = ALL.filter((rival) => present.every(({ name }) => name !== rival.name)).map(
    ({ name, version }) => `${name} ${version}`,
  );
  return { present, missing };
}

function installedVersion({ executable, version }: Rival): string {
  const said = execFileSync(executable, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? version;
}

/**
 * CPU of a whole run of the rival, its own children included, by the operating system's accounting.
 * Rejects where the journey did not pass.
 */
export async function runRival(rival: Rival, origin: string, journeys: number): Promise<{ cpuMicros: number }> {
  const file = fileURLToPath(new URL(`./rivals/${rival.file}`, import.meta.url));
  const before = childrenMicros()!;
  const child = spawn(rival.executable, rival.args(file, origin, journeys), { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-2_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${rival.name} ended with code ${code}: ${words}`);
  return { cpuMicros: childrenMicros()! - before };
}

/** User and system time of all ended children and theirs (proc_pid_stat(5), cutime and cstime); null off Linux. */
function childrenMicros(): number | null {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)!.split(' ');
    // Counted in hundredths of a second on every Linux that Node runs on.
    return (Number(fields[13]) + Number(fields[14])) * 10_000;
  } catch {
    return null;
  }
}
