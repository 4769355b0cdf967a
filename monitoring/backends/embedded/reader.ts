import type { Answers, Question, Reader, TimeRange } from '../../reader.ts';
import { askLogCounts } from './ask/log-counts.ts';
import { askLogs } from './ask/logs.ts';
import { askMetric } from './ask/metric.ts';
import { askMetricNames } from './ask/metric-names.ts';
import type { Window } from './ask/parameters.ts';
import { askRequests } from './ask/requests.ts';
import { askRoutes } from './ask/routes.ts';
import { askTrace } from './ask/trace.ts';
import { askTraces } from './ask/traces.ts';
import { askVersions } from './ask/versions.ts';
import { Semaphore } from './mutex.ts';
import type { Store } from './store.ts';
import { clampNs, msToNs } from './values.ts';

/**
 * The reading half. Each running question holds one of Node's four I/O threads, which commits and the relay's spool
 * need as well; so two questions run at a time, and a third place is kept for those that a page waits for.
 */
export class EmbeddedReader implements Reader {
  readonly #store: Store;
  readonly #places = new Semaphore(2);
  readonly #urgent = new Semaphore(1);

  constructor(store: Store) {
    this.#store = store;
  }

  async ask<Q extends Question>(question: Q, range: TimeRange, abort?: AbortSignal): Promise<Answers[Q['ask']]> {
    const window = { fromNs: clampNs(msToNs(range.from)), toNs: clampNs(msToNs(range.to)) };
    const isUrgent = question.ask === 'trace' || (question.ask === 'logs' && question.trace_id !== undefined);
    return await (isUrgent ? this.#urgent : this.#places).run(async () => {
      abort?.throwIfAborted();
      return (await this.#answer(question, range, window, abort)) as Answers[Q['ask']];
    });
  }

  async #answer(
    question: Question,
    range: TimeRange,
    window: Window,
    abort?: AbortSignal,
  ): Promise<Answers[Question['ask']]> {
    const store = this.#store;
    switch (question.ask) {
      case 'trace':
        return await askTrace(store, question.trace_id, window, abort);
      case 'traces':
        return await askTraces(store, question, window, abort);
      case 'logs':
        return await askLogs(store, question, window, abort);
      case 'metric':
        return await askMetric(store, question, range, window, abort);
      case 'metric_names':
        return await askMetricNames(store, window, abort);
      case 'routes':
        return await askRoutes(store, question, window, abort);
      case 'versions':
        return askVersions(store, question.service, window);
      case 'requests':
        return await askRequests(store, question, range, window, abort);
      case 'log_counts':
        return await askLogCounts(store, question, range, window, abort);
    }
  }
}
