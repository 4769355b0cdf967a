import { join } from 'node:path';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createCloudwatch } from './index.ts';
import { CloudwatchLogsStandIn } from './testing/stand-in.ts';

const NOW_MS = 1_790_000_000_000;

describeExporter('cloudwatch, on a stand-in', {
  delivery: 'at_least_once',
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const peer = new CloudwatchLogsStandIn(() => NOW_MS);
    await peer.listen();
    const settings = {
      name: 'aws',
      type: 'cloudwatch',
      dataDir: join(folder, 'cloudwatch'),
      region: 'eu-west-1',
      url: peer.url,
      access_key_id: 'stand-in',
      secret_access_key: 'stand-in',
    };
    const documents = () => peer.events().map(({ message }) => JSON.parse(message));
    return {
      create: () => createCloudwatch(settings, new VirtualClock(NOW_MS)).exporter,
      async trace(traceId) {
        const of = documents().filter((document) => document.trace_id === traceId);
        return {
          spanIds: of.filter(({ signal }) => signal === 'span').map(({ span_id }) => span_id),
          messages: of.filter(({ signal }) => signal === 'log').map(({ message }) => message),
        };
      },
      async counter(name) {
        return documents().reduce(
          (sum, document) => sum + (document.signal === 'metric' ? (document[name] ?? 0) : 0),
          0,
        );
      },
      breakDown: async () => peer.away(),
      hold: async () => peer.silent(),
      refuse: async (text) => peer.refuseText(text),
      mend: async () => peer.up(),
      close: () => peer.close(),
    };
  },
});
