import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { OtlpPeer } from '../../otlp-http/testing/otlp-peer.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createNewRelic } from './index.ts';
import { enforceNewRelic, LICENSE_KEY } from './testing/new-relic-peer.ts';

describeExporter('newrelic (against a stand-in)', {
  delivery: 'at_least_once',
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const peer = await OtlpPeer.start();
    const errors = enforceNewRelic(peer);
    const settings = { name: 'nr', type: 'newrelic', dataDir: folder, url: peer.url, api_key: LICENSE_KEY };
    return {
      create: () => createNewRelic(settings, new VirtualClock(1_790_000_000_000)).exporter,
      trace: async (traceId) => peer.trace(traceId),
      counter: async (name) => peer.counter(name),
      breakDown: async () => peer.breakDown(),
      hold: async () => peer.hold(),
      mend: async () => peer.mend(),
      refuse: async (text) => peer.refuse(text),
      async close() {
        await peer.close();
        if (errors.length > 0) throw new Error(`New Relic would have dropped: ${errors.join(', ')}`);
      },
    };
  },
});
