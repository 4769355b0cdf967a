import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PLACES = [
  '/usr/lib/jvm/*',
  '/opt/*',
  '/opt/java/*',
  '/usr/local/*',
  `${homedir()}/.jdks/*`,
  `${homedir()}/.sdkman/candidates/java/*`,
];

/**
 * The home of the newest Java on this machine that is `atLeast` this version.
 * @throws with what was found and how to say where a newer one is
 */
export function javaHome(atLeast: number): string {
  const said = [process.env.ES_JAVA_HOME, process.env.JAVA_HOME].filter((home) => home !== undefined);
  const found = [...said, ...PLACES.flatMap((place) => globSync(place))]
    .filter((home) => existsSync(join(home, 'bin/java')))
    .map((home) => ({ home, version: versionOf(home) }))
    .sort((left, right) => right.version - left.version);
  const [newest] = found;
  if (newest && newest.version >= atLeast) return newest.home;
  const versions = found.map(({ home, version }) => `${version} in ${home}`).join(', ') || 'none';
  throw new Error(
    `Java ${atLeast} or newer is needed, found ${versions}: install one, or name its folder in ES_JAVA_HOME`,
  );
}

/** Every JDK since 9 describes itself in a file `release`; 0 for one that does not. */
function versionOf(home: string): number {
  const release = join(home, 'release');
  if (!existsSync(release)) return 0;
  return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] ?? 0);
}
