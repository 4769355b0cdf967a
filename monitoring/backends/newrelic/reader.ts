import { type Answers, CannotAnswer, type Question, type Reader, type TimeRange } from '../../reader.ts';
import { askLogs, askTrace, askTraces } from './ask-events.ts';
import { askMetric, askMetricNames, askRequests, askRoutes, askVersions } from './ask-numbers.ts';
import type { NerdGraph } from './nerdgraph.ts';

const never = new AbortController().signal;

/** Asks NRQL. New Relic judges what it was sent a while after taking it, so that answers lag behind the ledger. */
export class NewRelicReader implements Reader {
  readonly #nerdGraph: NerdGraph;

  constructor(nerdGraph: NerdGraph) {
    this.#nerdGraph = nerdGraph;
  }

  async ask<Q extends Question>(
    question: Q,
    window: TimeRange,
    abort: AbortSignal = never,
  ): Promise<Answers[Q['ask']]> {
    return (await this.#answer(question, window, abort)) as Answers[Q['ask']];
  }

  async #answer(question: Question, window: TimeRange, abort: AbortSignal): Promise<Answers[Question['ask']]> {
    const ask = (nrql: string) => this.#nerdGraph.ask(nrql, abort);
    switch (question.ask) {
      case 'trace':
        return await askTrace(ask, question.trace_id, window);
      case 'traces':
        return await askTraces(ask, question, window);
      case 'logs':
        return await askLogs(ask, question, window);
      case 'requests':
        return await askRequests(ask, question, window);
      case 'log_counts':
        throw new CannotAnswer(
          'numbers of log records are not asked of New Relic; a threshold there is an NRQL condition',
        );
      case 'routes':
        return await askRoutes(ask, question, window);
      case 'metric':
        return await askMetric(ask, question, window);
      case 'metric_names':
        return await askMetricNames(ask, window);
      case 'versions':
        return await askVersions(ask, question.service, window);
    }
  }
}
