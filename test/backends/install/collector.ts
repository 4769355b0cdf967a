import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, run } from './cache.ts';
import { go } from './go.ts';

export const VERSION = '0.155.0';
/** The stable modules of that release count on their own. */
const STABLE = '1.61.0';

const core = (path: string) => `go.opentelemetry.io/collector/${path} v${VERSION}`;
const contrib = (path: string) => `github.com/open-telemetry/opentelemetry-collector-contrib/${path} v${VERSION}`;

const PARTS: Record<string, string[]> = {
  receivers: [core('receiver/otlpreceiver'), contrib('receiver/statsdreceiver')],
  processors: [core('processor/batchprocessor')],
  exporters: [
    core('exporter/otlpexporter'),
    core('exporter/otlphttpexporter'),
    core('exporter/debugexporter'),
    contrib('exporter/fileexporter'),
    contrib('exporter/prometheusexporter'),
  ],
  extensions: [contrib('extension/storage/filestorage')],
  // The one for the environment is what every Collector's configuration falls back to.
  providers: ['envprovider', 'fileprovider'].map(
    (name) => `go.opentelemetry.io/collector/confmap/provider/${name} v${STABLE}`,
  ),
};

/** The path of an OpenTelemetry Collector with the parts above. */
export async function install(): Promise<string> {
  // The name tells the parts, too: one without the exporter for gRPC may be there from before.
  const folder = await cached(`collector-${VERSION}-grpc`, async (draft) => {
    const module = join(draft, 'module');
    mkdirSync(module);
    await go(['install', `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`], { GOBIN: module });
    const manifest = {
      dist: { name: 'collector', module: 'collector.test', version: VERSION, output_path: module },
      ...Object.fromEntries(Object.entries(PARTS).map(([kind, parts]) => [kind, parts.map((gomod) => ({ gomod }))])),
    };
    writeFileSync(join(module, 'manifest.yaml'), JSON.stringify(manifest));
    await generate(module);
    await go(
      ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(draft, 'collector'), '.'],
      { GOFLAGS: '-mod=mod' },
      module,
    );
    rmSync(module, { recursive: true });
  });
  return join(folder, 'collector');
}

/** The builder writes the sources. Its own way to the modules asks for those of every part's tests, too, so the list of them is ours. */
async function generate(module: string): Promise<void> {
  const options = ['--skip-get-modules', '--skip-compilation', '--config', join(module, 'manifest.yaml')];
  await run(join(module, 'builder'), options, { cwd: module });
  const required = [...Object.values(PARTS).flat(), core('otelcol')].map((part) => `\t${part}\n`).join('');
  writeFileSync(join(module, 'go.mod'), `module collector.test\n\ngo 1.25\n\nrequire (\n${required})\n`);
}
