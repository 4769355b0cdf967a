import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { go } from './go.ts';

export const VERSION = '1.5.9';

/** `go install` of this version stops at its list of versions, so it is built from a module of our own that corrects two of them. */
const MODULE = `module kapacitor.test

go 1.21

require github.com/influxdata/kapacitor v${VERSION}

replace gopkg.in/fsnotify.v1 => github.com/fsnotify/fsnotify v1.4.2

replace github.com/prometheus/prometheus => github.com/goller/prometheus v1.6.1-0.20170502220046-58298e738211
`;

const COMMANDS = ['kapacitord', 'kapacitor'];

/** The folder with `kapacitord` and `kapacitor`. */
export async function install(): Promise<string> {
  return await cached(`kapacitor-${VERSION}`, async (draft) => {
    const module = join(draft, 'module');
    mkdirSync(module);
    writeFileSync(join(module, 'go.mod'), MODULE);
    const packages = COMMANDS.map((command) => `github.com/influxdata/kapacitor/cmd/${command}`);
    const imports = packages.map((name) => `import _ "${name}"\n`).join('');
    writeFileSync(join(module, 'tools.go'), `//go:build tools\n\npackage tools\n\n${imports}`);
    // Its codec of that time panics where a newer Go has built it.
    const env = { GOTOOLCHAIN: 'go1.21.13', GOFLAGS: '-mod=mod' };
    const named = `-s -w -X main.version=${VERSION}`;
    await go(['build', '-ldflags', named, '-o', `${draft}/`, ...packages], env, module);
    rmSync(module, { recursive: true });
  });
}
