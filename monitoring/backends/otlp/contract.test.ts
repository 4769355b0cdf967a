import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { OtlpPeer } from '../../otlp-http/testing/otlp-peer.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createOtlp } from './index.ts';

describeExporter('otlp (against a stand-in)', {
  delivery: 'at_least_once',
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const peer = await OtlpPeer.start();
    const settings = { name: 'otlp', type: 'otlp', dataDir: folder, url: peer.url };
    return {
      create: () => createOtlp(settings, new VirtualClock(1_790_000_000_000)).exporter,
      trace: async (traceId) => peer.trace(traceId),
      counter: async (name) => peer.counter(name),
      breakDown: async () => peer.breakDown(),
      hold: async () => peer.hold(),
      mend: async () => peer.mend(),
      refuse: async (text) => peer.refuse(text),
      close: () => peer.close(),
    };
  },
});
