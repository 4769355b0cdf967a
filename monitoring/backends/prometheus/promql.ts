import { RingdownError } from '../../../core/errors.ts';
import { escapedValue } from '../../../core/prometheus-names.ts';
import { HttpSender } from '../../http/send.ts';

export interface Matrix {
  labels: Record<string, string>;
  /** [Unix milliseconds, value] */
  values: [number, number][];
}

/** Prometheus refuses more points per series. */
export const MOST_POINTS = 11_000;

/** Asks the HTTP API of a Prometheus. @see https://prometheus.io/docs/prometheus/latest/querying/api/ */
export class PrometheusApi {
  readonly #sender: HttpSender;
  readonly #headers: Record<string, string>;

  constructor(url: string, token: string | undefined) {
    this.#sender = new HttpSender({ url, maxAnswerBytes: 64 * 2 ** 20 });
    this.#headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** One value per series at `atMs`. */
  async instant(
    query: string,
    atMs: number,
    abort: AbortSignal,
  ): Promise<{ labels: Record<string, string>; value: number }[]> {
    const { result } = (await this.#post('/api/v1/query', { query, time: seconds(atMs) }, abort)) as {
      result: { metric: Record<string, string>; value: [number, string] }[];
    };
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** A value at `fromMs`, `fromMs + stepMs` … up to and with `toMs`. */
  async range(query: string, fromMs: number, toMs: number, stepMs: number, abort: AbortSignal): Promise<Matrix[]> {
    const parameters = { query, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) };
    const { result } = (await this.#post('/api/v1/query_range', parameters, abort)) as {
      result: { metric: Record<string, string>; values: [number, string][] }[];
    };
    return result.map(({ metric, values }) => ({
      labels: metric,
      values: values.map(([at, value]) => [Math.round(at * 1_000), Number(value)]),
    }));
  }

  /** Names of metrics that had samples in the window. */
  async names(matching: string | undefined, fromMs: number, toMs: number, abort: AbortSignal): Promise<string[]> {
    const query = new URLSearchParams({ start: seconds(fromMs), end: seconds(toMs) });
    if (matching !== undefined) query.append('match[]', `{__name__=~"${escapedValue(matching)}"}`);
    return (await this.#get(`/api/v1/label/__name__/values?${query}`, abort)) as string[];
  }

  async #post(path: string, parameters: Record<string, string>, abort: AbortSignal): Promise<unknown> {
    const body = new URLSearchParams(parameters).toString();
    return read(await this.#sender.send({ method: 'POST', path, headers: this.#headers, body }, abort));
  }

  async #get(path: string, abort: AbortSignal): Promise<unknown> {
    return read(await this.#sender.send({ method: 'GET', path, headers: this.#headers }, abort));
  }
}

function read({ status, body }: { status: number; body: { toString(): string } }): unknown {
  let answer: { status?: string; data?: unknown; error?: string };
  try {
    answer = JSON.parse(body.toString()) as typeof answer;
  } catch {
    answer = {};
  }
  if (status === 200 && answer.status === 'success') return answer.data;
  throw new RingdownError('PROMETHEUS_REFUSED', `Prometheus answered ${status}: ${answer.error ?? 'no reason given'}`, {
    hint: status === 401 || status === 403 ? 'check query_token' : 'check query_url',
  });
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** `metric{a="b",c!="d"}` */
export function selector(name: string, matchers: readonly string[]): string {
  return `${name}{${matchers.join(',')}}`;
}

export function equals(label: string, value: string): string {
  return `${label}="${escapedValue(value)}"`;
}

/**
 * What each counter grew by in the last `ms`, from sample to sample and not stretched to the window's ends as by
 * `increase`, so that whole counts stay whole; a series that begins inside counts from 0. Where a counter began again,
 * `increase` knows how to add up its pieces.
 */
export function grownBy(counter: string, ms: number): string {
  const window = `${Math.max(1, Math.round(ms))}ms`;
  const last = `last_over_time(${counter}[${window}])`;
  return `(((${last} - ${counter} offset ${window}) or ${last}) unless (resets(${counter}[${window}]) > 0) or increase(${counter}[${window}]))`;
}
