import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromApt, installed } from '../backends/install/apt.ts';
import { run } from '../backends/install/cache.ts';
import * as elasticsearch from '../backends/install/elasticsearch.ts';
import * as influxdb from '../backends/install/influxdb.ts';
import { javaHome } from '../backends/install/java.ts';
import * as kapacitor from '../backends/install/kapacitor.ts';
import * as prometheus from '../backends/install/prometheus.ts';
import * as telegraf from '../backends/install/telegraf.ts';
import type { Engine } from './engine.ts';

const HERE = join(import.meta.dirname, 'images');
const DEBIAN = 'ringdown-test/debian';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

interface StandIn {
  /** The name that our files start from. */
  tag: string;
  /** What its Dockerfile copies, by the name it has there. */
  files(): Promise<Record<string, string>>;
}

/**
 * Images that bear the vendors' names where no registry of images can be reached, made of Debian's packages and of the servers
 * that `test/backends` installs. What is tried on them is our Dockerfile and our Compose files, not the vendors' images.
 */
const STAND_INS: Record<string, StandIn> = {
  node: {
    tag: 'node:24.21.0-bookworm-slim',
    files: async () => ({ node: process.execPath, npm: npmPackage(), 'ca-certificates.crt': CERTIFICATES }),
  },
  elasticsearch: {
    tag: 'elasticsearch:9.4.3',
    files: async () => ({ home: await elasticsearch.install(), java: javaHome(21) }),
  },
  influxdb: {
    tag: 'influxdb:1.8.10',
    files: async () => {
      const influxd = await influxdb.install();
      return { influxd, influx: join(dirname(influxd), 'influx') };
    },
  },
  telegraf: { tag: 'telegraf:1.37.2', files: async () => ({ telegraf: await telegraf.install() }) },
  kapacitor: {
    tag: 'kapacitor:1.8.0',
    files: async () => {
      const folder = await kapacitor.install();
      return { kapacitord: join(folder, 'kapacitord'), kapacitor: join(folder, 'kapacitor') };
    },
  },
  prometheus: {
    tag: 'prom/prometheus:v2.55.1',
    files: async () => ({ prometheus: await prometheus.install(), promtool: await prometheus.installPromtool() }),
  },
};

/** Builds those that are not there yet, or whose description has changed. */
export async function buildStandIns(engine: Engine): Promise<void> {
  const { docker, env } = engine;
  if (!(await labelOf(engine, DEBIAN))) await buildDebian(engine);
  for (const [name, { tag, files }] of Object.entries(STAND_INS)) {
    const description = digest(join(HERE, name, 'Dockerfile'), join(HERE, name, 'entrypoint.sh'));
    if ((await labelOf(engine, tag)) === description) continue;
    process.stderr.write(`making an image under the name ${tag} …\n`);
    const context = mkdtempSync(join(tmpdir(), 'ringdown-image-'));
    try {
      cpSync(join(HERE, name), context, { recursive: true });
      for (const [as, source] of Object.entries(await files())) {
        cpSync(realpathSync(source), join(context, as), { recursive: true, verbatimSymlinks: true });
      }
      await run(docker, ['build', '--quiet', '--label', `${LABEL}=${description}`, '--tag', tag, context], {
        // The classic builder is in the engine; the other wants a plug-in that Debian does not bring.
        env: { ...env, DOCKER_BUILDKIT: '0' },
      });
    } finally {
      rmSync(context, { recursive: true });
    }
  }
}

const LABEL = 'ringdown.stand-in';

/** Undefined where there is no such image, or one that is none of ours. */
async function labelOf({ docker, env }: Engine, tag: string): Promise<string | undefined> {
  const format = `{{ index .Config.Labels "${LABEL}" }}`;
  const label = await run(docker, ['image', 'inspect', '--format', format, tag], { env }).catch(() => '');
  return label.trim() || undefined;
}

/** Debian as debootstrap lays it, from where this machine gets its packages. */
async function buildDebian({ docker, env }: Engine): Promise<void> {
  process.stderr.write('laying a Debian for images …\n');
  const debootstrap = await fromApt('debootstrap', ['debootstrap']);
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-debian-'));
  try {
    const root = join(folder, 'root');
    await run(debootstrap, ['--variant=minbase', '--include=ca-certificates,curl', 'bookworm', root, ...mirror()]);
    const archive = join(folder, 'root.tar');
    const unwanted = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];
    await run('tar', ['-C', root, ...unwanted.map((path) => `--exclude=./${path}/*`), '-cf', archive, '.']);
    await run(docker, ['import', '--change', `LABEL ${LABEL}=debian`, archive, DEBIAN], { env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mirror(): string[] {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    if (!existsSync(file)) continue;
    const found = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)/m.exec(readFileSync(file, 'utf8'));
    if (found) return [found[1]!];
  }
  return [];
}

/** npm as this machine has it: the image's own comes with Node's. */
function npmPackage(): string {
  const command = installed('npm');
  if (!command) throw new Error('npm is not on the PATH');
  return dirname(dirname(realpathSync(command)));
}

function digest(...files: string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
