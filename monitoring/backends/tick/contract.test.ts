import { join } from 'node:path';
import { VirtualClock } from '../../../core/testing/virtual-clock.ts';
import { describeExporter } from '../../testing/describe-exporter.ts';
import { createTick } from './index.ts';
import { InfluxdbStandIn } from './testing/influxdb-stand-in.ts';

describeExporter('tick (stand-in)', {
  canHold: true,
  canRefuse: true,
  async prepare(folder) {
    const influxdb = new InfluxdbStandIn();
    await influxdb.start();
    const settings = { name: 'tick', type: 'tick', dataDir: join(folder, 'tick'), url: influxdb.url };
    return {
      create: () => createTick(settings, new VirtualClock()).exporter,
      async trace(traceId) {
        const spans = influxdb.find('spans', 'trace_id', traceId);
        const logs = influxdb.find('logs', 'trace_id', traceId);
        return {
          spanIds: spans.map(({ fields }) => String(fields.span_id)),
          messages: logs.map(({ fields }) => String(fields.message)),
        };
      },
      async counter(name) {
        const points = [...influxdb.points.values()].filter(({ measurement }) => measurement === name);
        return points.reduce((sum, { fields }) => sum + Number(fields.value), 0);
      },
      breakDown: async () => await influxdb.stop(),
      async mend() {
        influxdb.isHeld = false;
        await influxdb.stop();
        await influxdb.start();
      },
      async hold() {
        influxdb.isHeld = true;
      },
      async refuse(text) {
        influxdb.refuses = ({ fields }) =>
          String(fields.message).includes(text) ? 'points beyond retention policy' : undefined;
      },
      close: async () => await influxdb.stop(),
    };
  },
});
