import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { systemClock } from '../../core/clock.ts';
import { createTick } from '../../monitoring/backends/tick/index.ts';
import { describeReader } from '../../monitoring/testing/describe-reader.ts';
import { startInfluxdb } from './servers/influxdb.ts';
import type { Server } from './servers/server.ts';

let influxdb: Server;

beforeAll(async () => {
  influxdb = await startInfluxdb();
}, 600_000);

afterAll(async () => {
  await influxdb?.stop();
});

let databases = 0;

function settings(folder: string) {
  const database = `test_${process.pid}_${Date.now()}_${databases++}`;
  return { name: 'tick', type: 'tick', dataDir: join(folder, 'tick'), url: influxdb.url, database, retention: '520w' };
}

describeReader('tick (InfluxDB)', {
  // Nearest rank over every span.
  percentileError: 0,
  async prepare(folder) {
    const { exporter, reader } = createTick(settings(folder), systemClock);
    return { exporter, reader, close: async () => undefined };
  },
});
