import { type Answers, CannotAnswer, type Question, type Reader, type TimeRange } from '../../reader.ts';
import { askMetric, askMetricNames } from './ask-metrics.ts';
import { askRequests, askRoutes } from './ask-requests.ts';
import { PrometheusApi } from './promql.ts';

const never = new AbortController().signal;

/** Asks the Prometheus that fetches: numbers of requests and metrics, nothing of single events. */
export class PrometheusReader implements Reader {
  readonly #api: PrometheusApi;

  constructor(url: string, token: string | undefined) {
    this.#api = new PrometheusApi(url, token);
  }

  async ask<Q extends Question>(
    question: Q,
    window: TimeRange,
    abort: AbortSignal = never,
  ): Promise<Answers[Q['ask']]> {
    return (await this.#answer(question, window, abort)) as Answers[Q['ask']];
  }

  async #answer(question: Question, window: TimeRange, abort: AbortSignal): Promise<Answers[Question['ask']]> {
    switch (question.ask) {
      case 'requests':
        return await askRequests(this.#api, question, window, abort);
      case 'routes':
        return await askRoutes(this.#api, question, window, abort);
      case 'metric':
        return await askMetric(this.#api, question, window, abort);
      case 'metric_names':
        return await askMetricNames(this.#api, window, abort);
      case 'logs':
      case 'log_counts':
        throw new CannotAnswer('Prometheus keeps no logs');
      case 'versions':
        throw new CannotAnswer('the scraped series do not tell versions of services');
      default:
        throw new CannotAnswer('Prometheus keeps numbers, no single requests or traces');
    }
  }
}
