import { systemClock } from '../../../core/clock.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createStatsd } from './index.ts';
import { StatsdPeer } from './testing/statsd-peer.ts';

describeExporter('statsd over TCP', {
  carries: ['statsd'],
  canHold: true,
  async prepare(folder) {
    const peer = new StatsdPeer();
    await peer.start();
    return {
      create: () => createStatsd({ name: 'old', type: 'statsd', dataDir: folder, url: peer.url }, systemClock).exporter,
      trace: async () => ({ spanIds: [], messages: [] }),
      counter: async (name) => peer.counter(name),
      breakDown: () => peer.stop(),
      async mend() {
        await peer.start().catch((error: NodeJS.ErrnoException) => {
          // It was only held, and runs.
          if (error.code !== 'EADDRINUSE') throw error;
        });
        peer.resume();
      },
      hold: async () => peer.hold(),
      close: () => peer.stop(),
    };
  },
});
