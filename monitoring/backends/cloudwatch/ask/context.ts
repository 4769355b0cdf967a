import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { RingdownError } from '../../../../core/errors.ts';
import type { TimeRange } from '../../../reader.ts';
import type { CloudwatchConfig } from '../config.ts';
import { findGroups } from '../log-groups.ts';
import { type EventDocument, readDocument, withoutRepeats } from './documents.ts';
import { type Insights, MOST_GROUPS, MOST_ROWS } from './insights.ts';

const GROUPS_AT_ONCE = 5;

/** What questions about spans and logs are answered from. */
export interface AskContext {
  config: CloudwatchConfig;
  client: CloudWatchLogsClient;
  insights: Insights;
}

/**
 * Log groups that a question is about.
 * @throws RingdownError `TOO_MANY_LOG_GROUPS`
 */
export async function groupsOf({ client, config }: AskContext, abort?: AbortSignal): Promise<string[]> {
  const groups = await findGroups(client, config.logGroup, MOST_GROUPS + 1, abort);
  if (groups.length > MOST_GROUPS) {
    throw new RingdownError(
      'TOO_MANY_LOG_GROUPS',
      `${config.logGroup} stands for more than ${MOST_GROUPS} log groups, the most that one query reads`,
      {
        hint: 'set log_group to one that services share, such as /ringdown/{environment}',
      },
    );
  }
  return groups.map(({ name }) => name);
}

/** Events of ours that hold a term, by FilterLogEvents: it needs no query slot and sees what was put a moment ago. */
export async function eventsWith(
  context: AskContext,
  term: string,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<EventDocument[]> {
  const groups = await groupsOf(context, abort);
  const found: EventDocument[] = [];
  const next = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      let nextToken: string | undefined;
      do {
        const answer = await context.client.send(
          new FilterLogEventsCommand({
            logGroupName: group,
            filterPattern: `"${term}"`,
            startTime: Math.max(0, Math.floor(window.from)),
            endTime: Math.ceil(window.to),
            nextToken,
          }),
          abort ? { abortSignal: abort } : {},
        );
        for (const { message } of answer.events ?? []) {
          const document = readDocument(message);
          if (document) found.push(document);
        }
        nextToken = answer.nextToken;
      } while (nextToken !== undefined && found.length < 2 * MOST_ROWS);
    }
  };
  await Promise.all(Array.from({ length: GROUPS_AT_ONCE }, next));
  return withoutRepeats(found);
}

/** Whole events that a query finds, without repeats. */
export async function eventsOf(
  context: AskContext,
  query: string,
  window: TimeRange,
  abort?: AbortSignal,
): Promise<EventDocument[]> {
  const rows = await context.insights.run(await groupsOf(context, abort), query, window, abort);
  return withoutRepeats(rows.flatMap((row) => readDocument(row['@message']) ?? []));
}

/** Half-open, by the millisecond: Logs Insights itself takes whole seconds. */
export function within({ from, to }: TimeRange): string {
  return `at_ms >= ${Math.ceil(from)} and at_ms < ${Math.ceil(to)}`;
}
