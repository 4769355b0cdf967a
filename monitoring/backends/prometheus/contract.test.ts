import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createPrometheus } from './index.ts';

async function occupy(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function free(server: Server | undefined): Promise<void> {
  if (!server) return;
  server.close();
  await once(server, 'close');
}

describeExporter('prometheus', {
  carries: ['statsd'],
  async prepare(folder) {
    const clock = new VirtualClock(1_790_000_000_000);
    const reserved = await occupy(0);
    const { port } = reserved.address() as { port: number };
    await free(reserved);
    const listen = `127.0.0.1:${port}`;
    const settings = { name: 'prometheus', type: 'prometheus', dataDir: folder, listen, span_metrics: false };
    let occupier: Server | undefined;
    return {
      create: () => createPrometheus(settings, clock).exporter,
      trace: async () => ({ spanIds: [], messages: [] }),
      async counter(name) {
        const page = await (await fetch(`http://${listen}/metrics`)).text();
        return Number(new RegExp(`^${name}_total (.+)$`, 'm').exec(page)?.[1] ?? 0);
      },
      // What an address that another process listens on looks like.
      async breakDown() {
        occupier = await occupy(port);
      },
      async mend() {
        await free(occupier);
        occupier = undefined;
      },
      close: () => free(occupier),
    };
  },
});
