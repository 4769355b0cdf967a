import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { clientSettings } from '../../aws/client.ts';
import type { Backend, BackendSettings } from '../../exporter.ts';
import { readConfig } from './config.ts';
import { CloudwatchExporter } from './exporter.ts';
import { provisionGroups } from './log-groups.ts';
import { MetricCatalog } from './metric-catalog.ts';
import { CloudwatchReader } from './reader.ts';

export function createCloudwatch(settings: BackendSettings, clock: Clock) {
  const config = readConfig(settings);
  const catalog = new MetricCatalog(config.dataDir);
  const shared = clientSettings(config.access);
  return {
    exporter: new CloudwatchExporter(config, catalog, clock, () => new CloudWatchLogsClient(shared)),
    reader: new CloudwatchReader(
      config,
      catalog,
      clock,
      new CloudWatchLogsClient(shared),
      new CloudWatchClient(shared),
    ),
  };
}

/** Amazon CloudWatch: logs and spans as JSON events, metrics embedded in events. */
export const backend: Backend = {
  type: 'cloudwatch',
  create: (settings) => createCloudwatch(settings, systemClock),
  async provision(settings, abort) {
    const config = readConfig(settings);
    const client = new CloudWatchLogsClient(clientSettings(config.access));
    try {
      return await provisionGroups(client, config, abort);
    } finally {
      client.destroy();
    }
  },
};
