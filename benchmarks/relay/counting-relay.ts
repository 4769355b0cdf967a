import { loadBackend } from '../../monitoring/backends/registry.ts';
import type { Backend } from '../../monitoring/exporter.ts';
import { serveRelay } from '../../monitoring/relay/serve.ts';
import { loadSource } from '../../monitoring/sources/registry.ts';

/** Takes everything and does nothing with it: what the relay itself costs. */
const counting: Backend = {
  type: 'counting',
  create: () => ({
    exporter: {
      start: async () => undefined,
      shutdown: async () => undefined,
      export: async ({ records }) => {
        const accepted: Record<string, number> = {};
        for (const { signal, items } of records) accepted[signal] = (accepted[signal] ?? 0) + items;
        return { accepted, rejected: [] };
      },
    },
  }),
};

/** The relay's own process, which knows one backend more. */
serveRelay({
  loadBackend: async (type) => (type === 'counting' ? counting : await loadBackend(type)),
  loadSource,
});
