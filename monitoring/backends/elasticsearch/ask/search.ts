import type { Signal } from '../../../exporter.ts';
import { type Connection, refusal } from '../connection.ts';
import { boundary } from '../nanoseconds.ts';
import { streamPattern } from '../stream-name.ts';

export type Query = Record<string, unknown>;
/** A document as it was sent: its fields by their whole names. */
export type Source = Readonly<Record<string, unknown>>;

export interface Hit {
  _source: Source;
  sort?: (string | number)[];
}

/** A bucket or the whole of an answer's aggregations; the asker knows what it asked for. */
// biome-ignore lint/suspicious/noExplicitAny: the shape follows from the request
export type Aggregated = any;

export interface Found {
  hits: Hit[];
  aggregations: Aggregated;
}

/** Asks the streams of one signal. */
export class Search {
  readonly #connection: Connection;
  readonly #prefix: string;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  /**
   * What was just written is found by the next search, instead of up to a second later. An account that may not (privilege
   * `maintenance`) waits that second.
   */
  async refresh(signals: readonly Signal[], abort?: AbortSignal): Promise<void> {
    const patterns = signals.map((signal) => streamPattern(signal, this.#prefix)).join();
    const query = { ignore_unavailable: 'true', allow_no_indices: 'true', filter_path: 'error,status' };
    const answer = await this.#connection.send({ method: 'POST', path: `/${patterns}/_refresh`, query }, abort);
    if (answer.status !== 200 && answer.status !== 403) throw new Error(refusal(answer));
  }

  /** @throws Error in Elasticsearch's words, also where only some shards could answer: a part is no answer */
  async run(signal: Signal, body: Query, abort?: AbortSignal): Promise<Found> {
    const answer = await this.#connection.send<{
      hits: { hits: Hit[] };
      aggregations?: Aggregated;
    }>(
      {
        method: 'POST',
        path: `/${streamPattern(signal, this.#prefix)}/_search`,
        query: {
          ignore_unavailable: 'true',
          allow_no_indices: 'true',
          allow_partial_search_results: 'false',
          filter_path: 'hits.hits._source,hits.hits.sort,aggregations,error,status',
        },
        body: { track_total_hits: false, ...body },
      },
      abort,
    );
    if (answer.status !== 200) throw new Error(refusal(answer));
    return { hits: answer.body.hits?.hits ?? [], aggregations: answer.body.aggregations ?? {} };
  }

  /**
   * Reads every bucket of a composite aggregation, page by page: no number of groups is too many for it.
   * @param sources of the composite
   * @param most buckets of a page, those of `inner` not counted
   */
  async groups(
    signal: Signal,
    query: Query,
    sources: readonly Query[],
    inner: Query,
    { most = 1_000, abort }: { most?: number; abort?: AbortSignal | undefined } = {},
  ): Promise<Aggregated[]> {
    const found: Aggregated[] = [];
    for (let after: unknown; ; ) {
      const composite = { size: most, sources, ...(after ? { after } : {}) };
      const aggs = { groups: { composite, ...(Object.keys(inner).length > 0 ? { aggs: inner } : {}) } };
      const { aggregations } = await this.run(signal, { size: 0, query, aggs }, abort);
      const buckets = aggregations.groups?.buckets ?? [];
      found.push(...buckets);
      after = aggregations.groups?.after_key;
      if (!after || buckets.length === 0) return found;
    }
  }
}

/** Half-open, Unix milliseconds. */
export function within(range: { from: number; to: number }): Query {
  return { range: { '@timestamp': { gte: boundary(range.from), lt: boundary(range.to) } } };
}

export function term(field: string, value: string): Query {
  return { term: { [field]: value } };
}

export function all(filter: readonly Query[], not: readonly Query[] = []): Query {
  return { bool: { filter, ...(not.length > 0 ? { must_not: not } : {}) } };
}

export function any(should: readonly Query[]): Query {
  return { bool: { should, minimum_should_match: 1 } };
}

export function exists(field: string): Query {
  return { exists: { field } };
}
