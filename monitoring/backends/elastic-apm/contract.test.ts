import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { OtlpPeer } from '../../otlp-http/testing/otlp-peer.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createElasticApm } from './index.ts';
import { enforceApmServer, SECRET_TOKEN } from './testing/apm-server-peer.ts';

describeExporter('elastic-apm (against a stand-in)', {
  delivery: 'at_least_once',
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const peer = await OtlpPeer.start();
    enforceApmServer(peer);
    const settings = { name: 'apm', type: 'elastic-apm', dataDir: folder, url: peer.url, secret_token: SECRET_TOKEN };
    return {
      create: () => createElasticApm(settings, new VirtualClock(1_790_000_000_000)).exporter,
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
