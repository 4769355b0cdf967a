import type { Answers, Question, Reader, TimeRange } from '../../reader.ts';
import { askLogCounts } from './ask/log-counts.ts';
import { askLogs } from './ask/logs.ts';
import { askMetric } from './ask/metric.ts';
import { askMetricNames } from './ask/metric-names.ts';
import { askRequests } from './ask/requests.ts';
import { askRoutes } from './ask/routes.ts';
import { askTrace } from './ask/trace.ts';
import { askTraces } from './ask/traces.ts';
import { askVersions } from './ask/versions.ts';
import type { InfluxClient } from './influx/client.ts';
import { query, queryAll } from './influx/query.ts';

/** Where nobody says when to stop. */
const PATIENCE_MS = 60_000;

/** The reading half: InfluxQL over HTTP. */
export class TickReader implements Reader {
  readonly #client: InfluxClient;

  constructor(client: InfluxClient) {
    this.#client = client;
  }

  async ask<Q extends Question>(question: Q, range: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]> {
    const patience = abort ?? AbortSignal.timeout(PATIENCE_MS);
    return (await this.#answer(question, range, patience)) as Answers[Q['ask']];
  }

  async #answer(question: Question, range: TimeRange, abort: AbortSignal): Promise<Answers[Question['ask']]> {
    const ask = Object.assign((q: string) => query(this.#client, q, abort), {
      all: (questions: readonly string[]) => queryAll(this.#client, questions, abort),
    });
    switch (question.ask) {
      case 'trace':
        return await askTrace(ask, question.trace_id, range);
      case 'traces':
        return await askTraces(ask, question, range);
      case 'logs':
        return await askLogs(ask, question, range);
      case 'metric':
        return await askMetric(ask, question, range);
      case 'metric_names':
        return await askMetricNames(ask, this.#client);
      case 'routes':
        return await askRoutes(ask, question, range);
      case 'versions':
        return await askVersions(ask, question.service, range);
      case 'requests':
        return await askRequests(ask, question, range);
      case 'log_counts':
        return await askLogCounts(ask, question, range);
    }
  }
}
