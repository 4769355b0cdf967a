import { spawnSync } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { chownSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { install } from '../install/elasticsearch.ts';
import { javaHome } from '../install/java.ts';
import { freePort, givenServer, type Prepared, type Server, startServer } from './server.ts';

export interface ElasticsearchOptions {
  /** Switches security on, with this superuser; without it everybody may do everything. */
  user?: { name: string; password: string };
  /** HTTPS, with a certificate and its key in PEM. */
  tls?: { certificate: string; key: string };
}

/** Elasticsearch refuses to run as root. The number needs no entry among the users of the machine. */
const UID = 19_200;

/** A single node with 512 MB of heap. ELASTICSEARCH_URL is taken instead where no options are asked for. */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<Server> {
  const given = process.env.ELASTICSEARCH_URL;
  if (given && !options.user && !options.tls) {
    return givenServer('ELASTICSEARCH_URL', given, await versionAt(given));
  }
  return await startServer({ name: 'Elasticsearch', prepare: (folder) => prepare(folder, options) });
}

async function prepare(folder: string, { user, tls }: ElasticsearchOptions): Promise<Prepared> {
  const root = process.getuid?.() === 0;
  const home = root ? readableHome(await install(), folder) : await install();
  const [http, transport] = [await freePort(), await freePort()];
  const config = join(folder, 'config');
  cpSync(join(home, 'config'), config, { recursive: true });
  const jvm = join(config, 'jvm.options');
  writeFileSync(jvm, readFileSync(jvm, 'utf8').replaceAll(/^-Xlog:gc.*$/gm, ''));
  const settings: Record<string, string | number | boolean> = {
    'cluster.name': 'ringdown-test',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': http,
    'transport.port': transport,
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'cluster.routing.allocation.disk.threshold_enabled': false,
    'xpack.security.enabled': user !== undefined,
    'xpack.security.autoconfiguration.enabled': false,
    'xpack.security.enrollment.enabled': false,
  };
  if (user) {
    const salt = randomBytes(32);
    const hash = pbkdf2Sync(user.password, salt, 1_000, 32, 'sha512').toString('base64');
    writeFileSync(join(config, 'users'), `${user.name}:{PBKDF2}1000$${salt.toString('base64')}$${hash}\n`);
    writeFileSync(join(config, 'users_roles'), `superuser:${user.name}\n`);
  }
  if (tls) {
    writeFileSync(join(config, 'http.crt'), tls.certificate);
    writeFileSync(join(config, 'http.key'), tls.key);
    settings['xpack.security.http.ssl.enabled'] = true;
    settings['xpack.security.http.ssl.certificate'] = 'http.crt';
    settings['xpack.security.http.ssl.key'] = 'http.key';
  }
  writeFileSync(join(config, 'elasticsearch.yml'), `${JSON.stringify(settings, null, 2)}\n`);
  for (const name of ['data', 'logs', 'tmp']) mkdirSync(join(folder, name));
  return {
    command: join(home, 'bin/elasticsearch'),
    args: [],
    env: {
      ES_JAVA_HOME: javaHome(21),
      ES_PATH_CONF: config,
      ES_TMPDIR: join(folder, 'tmp'),
      ES_JAVA_OPTS: '-Xms512m -Xmx512m',
      HOME: folder,
    },
    ...(root && { uid: give(folder) }),
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${http}`,
    answers: () => versionAt(`${tls ? 'https' : 'http'}://127.0.0.1:${http}`, user, tls?.certificate),
  };
}

/** A checkout may lie where only root reads, such as in root's home: then the server gets a copy. */
function readableHome(home: string, folder: string): string {
  const options = [`--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'];
  if (spawnSync('setpriv', [...options, 'test', '-r', join(home, 'bin')]).status === 0) return home;
  const copy = join(folder, 'home');
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** Hands the folder and all in it to the user that Elasticsearch runs as. */
function give(folder: string): number {
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of [folder, ...inside.map((name) => join(folder, name))]) chownSync(path, UID, UID);
  return UID;
}

/** The version, once the cluster takes writes. */
async function versionAt(url: string, user?: ElasticsearchOptions['user'], ca?: string): Promise<string> {
  const health = await get(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`, user, ca);
  if (health.timed_out) throw new Error(`${url} is not ready`);
  const { version } = await get(url, user, ca);
  return (version as { number: string }).number;
}

async function get(url: string, user?: ElasticsearchOptions['user'], ca?: string): Promise<Record<string, unknown>> {
  const target = new URL(url);
  const auth = user ? `${user.name}:${user.password}` : target.username && `${target.username}:${target.password}`;
  const options = { ...(auth && { auth }), ...(ca && { ca }), timeout: 10_000 };
  return await new Promise((resolve, reject) => {
    const request = target.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = request(target, options, async (answer) => {
      try {
        const body = Buffer.concat(await answer.toArray()).toString();
        if (answer.statusCode !== 200)
          throw new Error(`${target.host} answered ${answer.statusCode}: ${body.slice(0, 300)}`);
        resolve(JSON.parse(body));
      } catch (error) {
        reject(error);
      }
    });
    sent.once('timeout', () => sent.destroy(new Error(`${target.host} did not answer`)));
    sent.once('error', reject);
    sent.end();
  });
}
