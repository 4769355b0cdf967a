import { join } from 'node:path';
import { cached } from './cache.ts';
import { go } from './go.ts';

export const VERSION = '1.37.2';

/** Telegraf has 400 plug-ins; these are what our configurations, tests and benchmarks name. */
const PLUGINS = [
  'inputs.statsd',
  'inputs.opentelemetry',
  'inputs.http_listener_v2',
  'inputs.internal',
  'outputs.influxdb',
  'outputs.influxdb_v2',
  'outputs.file',
  'outputs.http',
  'parsers.influx',
  'parsers.json',
  'serializers.influx',
  'serializers.json',
];

/** The path of `telegraf`, built with the plug-ins above. */
export async function install(): Promise<string> {
  const folder = await cached(`telegraf-${VERSION}`, async (draft) => {
    const named = `-X github.com/influxdata/telegraf/internal.Version=${VERSION}`;
    const tags = ['custom', ...PLUGINS].join(',');
    const module = `github.com/influxdata/telegraf/cmd/telegraf@v${VERSION}`;
    await go(['install', '-tags', tags, '-ldflags', `-s -w ${named}`, module], { GOBIN: draft });
  });
  return join(folder, 'telegraf');
}
