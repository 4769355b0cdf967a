import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, Rejection, SpoolRecord } from '../../exporter.ts';
import { decodeLogs, decodeMetrics, decodeTraces } from '../../otlp/index.ts';
import { decodeStatsd } from '../../statsd/index.ts';

/**
 * For tests: writes the identity of every item it is given, a line each, into `received.txt` of its folder. Logs whose
 * body begins with `refuse` are refused while there is no file `take-all` in the folder.
 */
export const recordingBackend: Backend = {
  type: 'recording',
  create: ({ dataDir }) => ({
    exporter: {
      start: async () => undefined,
      shutdown: async () => undefined,
      export: async (batch) => {
        appendFileSync(
          join(dataDir, 'received.txt'),
          batch.records
            .flatMap((record) => identities(record))
            .map((line) => `${line}\n`)
            .join(''),
        );
        const accepted = { traces: 0, metrics: 0, logs: 0 };
        const rejected: Rejection[] = [];
        for (const record of batch.records) {
          const refused = existsSync(join(dataDir, 'take-all')) ? 0 : refusedIn(record);
          accepted[record.signal] += record.items - refused;
          const { signal, position } = record;
          if (refused > 0) rejected.push({ signal, count: refused, reason: 'refused by its body', position });
        }
        return { accepted, rejected };
      },
    },
    reader: {
      // A question that no test asks otherwise: it never gets an answer, so that asking can be interrupted.
      ask: (question) => (question.ask === 'versions' ? new Promise(() => undefined) : Promise.resolve([] as never)),
    },
  }),
};

export function recorded(dataDir: string): string[] {
  const path = join(dataDir, 'received.txt');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

function refusedIn(record: SpoolRecord): number {
  if (record.signal !== 'logs') return 0;
  return decodeLogs(record.bytes).filter((log) => String(log.body).startsWith('refuse')).length;
}

function identities(record: SpoolRecord): string[] {
  if (record.encoding === 'statsd') return decodeStatsd(record.bytes).map((metric) => metric.name);
  if (record.signal === 'traces') return decodeTraces(record.bytes).map((span) => span.traceId);
  if (record.signal === 'logs') return decodeLogs(record.bytes).map((log) => String(log.body));
  return decodeMetrics(record.bytes).map((point) => point.name);
}
