import type { Backend, BackendSettings, Exported, Exporter } from '../exporter.ts';
import type { Reader } from '../reader.ts';
import { type Scrub, scrubbed, scrubberOf } from '../secrets.ts';

/**
 * The backend, whose errors and reasons hold nothing of its secrets, whatever its destination answers. In one place, so
 * that no exporter and no reader can forget it.
 */
export function withoutSecrets(backend: Backend): Backend {
  const { type, provision } = backend;
  return {
    type,
    create(settings) {
      const scrub = scrubberOf(settings);
      try {
        const { exporter, reader } = backend.create(settings);
        return { exporter: guardExporter(exporter, scrub), ...(reader ? { reader: guardReader(reader, scrub) } : {}) };
      } catch (error) {
        throw scrubbed(error, scrub);
      }
    },
    ...(provision
      ? {
          async provision(settings: BackendSettings, abort: AbortSignal) {
            const scrub = scrubberOf(settings);
            return (await guarded(() => provision.call(backend, settings, abort), scrub)).map(scrub);
          },
        }
      : {}),
  };
}

function guardExporter(exporter: Exporter, scrub: Scrub): Exporter {
  return {
    start: () => guarded(() => exporter.start(), scrub),
    shutdown: (abort) => guarded(() => exporter.shutdown(abort), scrub),
    export: async (batch, abort) => cleaned(await guarded(() => exporter.export(batch, abort), scrub), scrub),
    ...(exporter.committed ? { committed: () => exporter.committed!() } : {}),
  };
}

function guardReader(reader: Reader, scrub: Scrub): Reader {
  return { ask: (question, window, abort) => guarded(() => reader.ask(question, window, abort), scrub) };
}

function cleaned(exported: Exported, scrub: Scrub): Exported {
  if (exported.error) scrubbed(exported.error, scrub);
  for (const rejection of exported.rejected) {
    rejection.reason = scrub(rejection.reason);
    if (typeof rejection.sample === 'string') rejection.sample = scrub(rejection.sample);
    else delete rejection.sample;
  }
  return exported;
}

async function guarded<Result>(work: () => Promise<Result>, scrub: Scrub): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw scrubbed(error, scrub);
  }
}
