import type { Answers, Question, Reader, TimeRange } from '../../reader.ts';
import { askLogCounts } from './ask/log-counts.ts';
import { askLogs } from './ask/logs.ts';
import { askMetric } from './ask/metric.ts';
import { askMetricNames } from './ask/metric-names.ts';
import { askRequests } from './ask/requests.ts';
import { askRoutes } from './ask/routes.ts';
import { Search } from './ask/search.ts';
import { askTrace } from './ask/trace.ts';
import { askTraces } from './ask/traces.ts';
import { askVersions } from './ask/versions.ts';
import type { ElasticsearchConfig } from './config.ts';
import { Connection } from './connection.ts';

/** The reading half. Percentiles are t-digests, numbers of distinct values HyperLogLog++: the README says how far off they are. */
export class ElasticsearchReader implements Reader {
  readonly #search: Search;

  constructor(config: ElasticsearchConfig) {
    this.#search = new Search(new Connection(config), config.prefix);
  }

  async ask<Q extends Question>(question: Q, window: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]> {
    abort?.throwIfAborted();
    return (await this.#answer(question, window, abort)) as Answers[Q['ask']];
  }

  async #answer(question: Question, window: TimeRange, abort?: AbortSignal): Promise<Answers[Question['ask']]> {
    const search = this.#search;
    switch (question.ask) {
      case 'trace':
        return await askTrace(search, question.trace_id, window, abort);
      case 'traces':
        return await askTraces(search, question, window, abort);
      case 'logs':
        return await askLogs(search, question, window, abort);
      case 'metric':
        return await askMetric(search, question, window, abort);
      case 'metric_names':
        return await askMetricNames(search, window, abort);
      case 'routes':
        return await askRoutes(search, question, window, abort);
      case 'versions':
        return await askVersions(search, question, window, abort);
      case 'requests':
        return await askRequests(search, question, window, abort);
      case 'log_counts':
        return await askLogCounts(search, question, window, abort);
    }
  }
}
