import { describeExporter } from '../../testing/describe-exporter.ts';
import { backend } from './index.ts';
import { Gate } from './testing/gate.ts';
import { ElasticsearchStandIn } from './testing/stand-in.ts';

describeExporter('elasticsearch (stand-in)', {
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const peer = new ElasticsearchStandIn();
    await peer.listen();
    const gate = new Gate(peer.url);
    await gate.open();
    return {
      create: () => backend.create({ name: 'elk', type: 'elasticsearch', dataDir: folder, url: gate.url }).exporter,
      async trace(traceId) {
        const found = peer.documents().filter((one) => one['trace.id'] === traceId);
        return {
          spanIds: found.filter((one) => 'span.name' in one).map((one) => one['span.id'] as string),
          messages: found.filter((one) => 'message' in one).map(({ message }) => message as string),
        };
      },
      counter: async (name) =>
        peer
          .documents()
          .filter((one) => one['metric.name'] === name)
          .reduce((sum, one) => sum + (one['metric.value'] as number), 0),
      breakDown: async () => await gate.shut(),
      mend: async () => await gate.mend(),
      hold: async () => gate.hold(),
      async refuse(text) {
        peer.judge = ({ message }) =>
          message === text ? { status: 400, type: 'document_parsing_exception', reason: '[1:7] failed' } : undefined;
      },
      async close() {
        await gate.shut();
        await peer.close();
      },
    };
  },
});
