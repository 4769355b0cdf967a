import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { clientSettings } from '../../aws/client.ts';
import type { SourceKind } from '../source.ts';
import { readConfig } from './config.ts';
import { CloudwatchLogsPoller } from './poller.ts';

/** Amazon CloudWatch Logs: what runs on AWS and writes there reaches every backend. */
export const source: SourceKind = {
  type: 'cloudwatch-logs',
  create(settings, deps) {
    const config = readConfig(settings);
    const client = clientSettings(config.access);
    return new CloudwatchLogsPoller(config, deps, () => new CloudWatchLogsClient(client));
  },
};
