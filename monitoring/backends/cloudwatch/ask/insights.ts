import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../../../core/clock.ts';
import { toError } from '../../../../core/errors.ts';
import { readFailure } from '../../../aws/failure.ts';
import type { TimeRange } from '../../../reader.ts';

/** Rows of one answer. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const MOST_ROWS = 10_000;
/** Log groups of one query by name (API reference of StartQuery). */
export const MOST_GROUPS = 50;

export type InsightsRow = Record<string, string>;

const FIRST_LOOK_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export class Insights {
  readonly #client: CloudWatchLogsClient;
  readonly #clock: Clock;

  constructor(client: CloudWatchLogsClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Runs one query to its end. Rejects with the reason when it cannot.
   * @param query in the language of CloudWatch Logs Insights
   */
  async run(groups: readonly string[], query: string, window: TimeRange, abort?: AbortSignal): Promise<InsightsRow[]> {
    if (groups.length === 0 || window.to <= window.from) return [];
    const options = abort ? { abortSignal: abort } : {};
    let queryId: string | undefined;
    try {
      const started = await this.#client.send(
        new StartQueryCommand({
          logGroupNames: [...groups],
          startTime: Math.max(0, Math.floor(window.from / 1_000)),
          endTime: Math.ceil(window.to / 1_000),
          queryString: query,
          limit: MOST_ROWS,
        }),
        options,
      );
      queryId = started.queryId;
      for (let pause = FIRST_LOOK_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
        const { status, results } = await this.#client.send(new GetQueryResultsCommand({ queryId }), options);
        if (status === 'Complete') return (results ?? []).map(toRow);
        if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query ended as ${status}`);
        await this.#clock.timer(pause, abort);
      }
    } catch (thrown) {
      // It would go on and count against the number of queries at one time.
      if (abort?.aborted && queryId !== undefined) await this.#stop(queryId);
      abort?.throwIfAborted();
      throw readFailure(toError(thrown), 'CloudWatch Logs Insights', this.#clock.now()).error;
    }
  }

  async #stop(queryId: string): Promise<void> {
    try {
      await this.#client.send(new StopQueryCommand({ queryId }));
    } catch {
      // It had ended already, or ends by itself.
    }
  }
}

function toRow(fields: { field?: string | undefined; value?: string | undefined }[]): InsightsRow {
  const row: InsightsRow = Object.create(null);
  for (const { field, value } of fields) if (field !== undefined && value !== undefined) row[field] = value;
  return row;
}

/** A text in a query. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}
