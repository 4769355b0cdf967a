import { afterAll, beforeAll } from '@jest/globals';
import { backend } from '../../monitoring/backends/elasticsearch/index.ts';
import { Gate } from '../../monitoring/backends/elasticsearch/testing/gate.ts';
import { describeExporter } from '../../monitoring/testing/describe-exporter.ts';
import { describeReader } from '../../monitoring/testing/describe-reader.ts';
import { startElasticsearch } from './servers/elasticsearch.ts';
import type { Server } from './servers/server.ts';
import { verifies } from './verified.ts';

let server: Server;
let prefixes = 0;

beforeAll(async () => {
  server = await startElasticsearch();
  verifies({ backend: 'elasticsearch', against: 'real', by: `Elasticsearch ${server.version}` });
});

afterAll(async () => await server?.stop());

/** Every test has its own streams; those of a server that is given stay unlike those of another run. */
const newPrefix = () => `test_${process.pid}_${Date.now() % 1e6}_${prefixes++}`;

type Document = Record<string, unknown>;

interface Answered {
  hits: { hits: { _source: Document }[] };
}

async function call(method: string, path: string, body?: unknown): Promise<Answered> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answered = (await answer.json()) as Answered;
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answered).slice(0, 500)}`);
  return answered;
}

async function documents(prefix: string, query: object): Promise<Document[]> {
  await call('POST', `/*-${prefix}.*/_refresh`);
  const { hits } = await call('POST', `/*-${prefix}.*/_search`, { size: 10_000, query });
  return hits.hits.map(({ _source }) => _source);
}

describeExporter('elasticsearch (real)', {
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const prefix = newPrefix();
    const gate = new Gate(server.url);
    await gate.open();
    const settings = () => ({ name: 'elk', type: 'elasticsearch', dataDir: folder, url: gate.url, prefix });
    return {
      create: () => backend.create(settings()).exporter,
      async trace(traceId) {
        const found = await documents(prefix, { term: { 'trace.id': traceId } });
        return {
          spanIds: found.filter((one) => 'span.name' in one).map((one) => one['span.id'] as string),
          messages: found.filter((one) => 'message' in one).map(({ message }) => message as string),
        };
      },
      async counter(name) {
        const found = await documents(prefix, { term: { 'metric.name': name } });
        return found.reduce((sum, one) => sum + (one['metric.value'] as number), 0);
      },
      breakDown: async () => await gate.shut(),
      mend: async () => await gate.mend(),
      hold: async () => gate.hold(),
      async refuse(text) {
        await call('PUT', `/_ingest/pipeline/${prefix}`, {
          processors: [{ set: { if: `ctx.message == '${text}'`, field: 'ringdown.item', value: 'no number' } }],
        });
        await call('PUT', `/_component_template/${prefix}@custom`, {
          template: { settings: { 'index.default_pipeline': prefix } },
        });
      },
      close: async () => await gate.shut(),
    };
  },
});

describeReader('elasticsearch (real)', {
  async prepare(folder) {
    const prefix = newPrefix();
    const settings = { name: 'elk', type: 'elasticsearch', dataDir: folder, url: server.url, prefix };
    const { exporter, reader } = backend.create(settings);
    return {
      exporter,
      reader: reader!,
      async settle() {
        await call('POST', `/*-${prefix}.*/_refresh`);
      },
      close: async () => undefined,
    };
  },
});
