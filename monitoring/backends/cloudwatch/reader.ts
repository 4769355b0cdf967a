import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../../../core/clock.ts';
import { RingdownError, toError } from '../../../core/errors.ts';
import { readFailure } from '../../aws/failure.ts';
import { type Answers, CannotAnswer, type Question, type Reader, type TimeRange } from '../../reader.ts';
import type { AskContext } from './ask/context.ts';
import { Insights } from './ask/insights.ts';
import { askLogs, askTrace, askTraces } from './ask/lists.ts';
import { askMetric, askMetricNames, type MetricsContext } from './ask/metrics.ts';
import { askRequests, askRoutes, askVersions } from './ask/requests.ts';
import type { CloudwatchConfig } from './config.ts';
import type { MetricCatalog } from './metric-catalog.ts';

/**
 * The reading half: a trace and its logs by FilterLogEvents, everything else about spans and logs by Logs Insights,
 * metrics by GetMetricData. Logs Insights charges by the bytes it scans; README.md has the figures.
 */
export class CloudwatchReader implements Reader {
  readonly #clock: Clock;
  readonly #logs: AskContext;
  readonly #metrics: MetricsContext;

  constructor(
    config: CloudwatchConfig,
    catalog: MetricCatalog,
    clock: Clock,
    logs: CloudWatchLogsClient,
    metrics: CloudWatchClient,
  ) {
    this.#clock = clock;
    this.#logs = { config, client: logs, insights: new Insights(logs, clock) };
    this.#metrics = { config, client: metrics, catalog };
  }

  async ask<Q extends Question>(question: Q, window: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]> {
    abort?.throwIfAborted();
    try {
      return (await this.#answer(question, window, abort)) as Answers[Q['ask']];
    } catch (thrown) {
      abort?.throwIfAborted();
      if (thrown instanceof RingdownError || !isFromAws(thrown)) throw thrown;
      throw readFailure(thrown, 'CloudWatch', this.#clock.now()).error;
    }
  }

  async #answer(question: Question, window: TimeRange, abort?: AbortSignal): Promise<Answers[Question['ask']]> {
    switch (question.ask) {
      case 'trace':
        return await askTrace(this.#logs, question.trace_id, window, abort);
      case 'traces':
        return await askTraces(this.#logs, question, window, abort);
      case 'logs':
        return await askLogs(this.#logs, question, window, abort);
      case 'metric':
        return await askMetric(this.#metrics, question, window, abort);
      case 'metric_names':
        return await askMetricNames(this.#metrics, abort);
      case 'routes':
        return await askRoutes(this.#logs, question, window, abort);
      case 'versions':
        return await askVersions(this.#logs, question.service, window, abort);
      case 'requests':
        return await askRequests(this.#logs, question, window, abort);
      case 'log_counts':
        throw new CannotAnswer(
          'numbers of log records are not asked of CloudWatch, which charges for every look at them',
        );
    }
  }
}

function isFromAws(thrown: unknown): boolean {
  return '$metadata' in toError(thrown) || 'code' in toError(thrown);
}
