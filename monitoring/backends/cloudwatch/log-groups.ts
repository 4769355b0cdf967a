import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { toError } from '../../../core/errors.ts';
import { commonPrefix, isOfPattern } from '../../aws/log-group.ts';
import type { CloudwatchConfig } from './config.ts';

/** Makes the group with its retention, and the stream, as far as they are missing. Rejects as the client does. */
export async function ensureStream(
  client: CloudWatchLogsClient,
  { retentionDays }: CloudwatchConfig,
  group: string,
  stream: string,
  abortSignal: AbortSignal,
): Promise<void> {
  if (await unlessThere(client.send(new CreateLogGroupCommand({ logGroupName: group }), { abortSignal }))) {
    await client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: retentionDays }), {
      abortSignal,
    });
  }
  await unlessThere(
    client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }), { abortSignal }),
  );
}

/** @returns false where it was there before */
async function unlessThere(creating: Promise<unknown>): Promise<boolean> {
  try {
    await creating;
    return true;
  } catch (error) {
    if (toError(error).name === 'ResourceAlreadyExistsException') return false;
    throw error;
  }
}

/**
 * Groups that the pattern could have made. Rejects as the client does.
 * @param most no more than these, the first by name
 */
export async function findGroups(
  client: CloudWatchLogsClient,
  pattern: string,
  most: number,
  abortSignal?: AbortSignal,
): Promise<{ name: string; retentionDays: number | undefined }[]> {
  const found: { name: string; retentionDays: number | undefined }[] = [];
  let nextToken: string | undefined;
  const prefix = commonPrefix(pattern);
  do {
    const answer = await client.send(
      new DescribeLogGroupsCommand({ ...(prefix === '' ? {} : { logGroupNamePrefix: prefix }), nextToken }),
      abortSignal ? { abortSignal } : {},
    );
    for (const { logGroupName, retentionInDays } of answer.logGroups ?? []) {
      if (logGroupName !== undefined && isOfPattern(pattern, logGroupName)) {
        found.push({ name: logGroupName, retentionDays: retentionInDays });
      }
    }
    nextToken = answer.nextToken;
  } while (nextToken !== undefined && found.length < most);
  return found.slice(0, most);
}

/** The group of a pattern without places, and the retention of all groups there are. */
export async function provisionGroups(
  client: CloudWatchLogsClient,
  config: CloudwatchConfig,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const { logGroup, retentionDays } = config;
  if (!logGroup.includes('{')) {
    for (const stream of ['traces', 'metrics', 'logs'])
      await ensureStream(client, config, logGroup, stream, abortSignal);
  }
  const lines: string[] = [];
  for (const group of await findGroups(client, logGroup, 1_000, abortSignal)) {
    if (group.retentionDays === retentionDays)
      lines.push(`log group ${group.name}: retention ${retentionDays} d, as it should be`);
    else {
      const request = { logGroupName: group.name, retentionInDays: retentionDays };
      await client.send(new PutRetentionPolicyCommand(request), { abortSignal });
      lines.push(`log group ${group.name}: retention set to ${retentionDays} d`);
    }
  }
  return lines.length > 0 ? lines : [`log groups ${logGroup} are made when the first telemetry of a service comes`];
}
