import { Buffer } from 'node:buffer';
import { toError } from '../../../core/errors.ts';
import { retryAfterMs } from '../../http/send.ts';
import { type Answer, type Connection, refusal } from './connection.ts';
import type { BulkBody } from './encode/bulk-body.ts';

/** What became of the documents of a body; those that are in neither are there. */
export interface Delivered {
  /** Document → why it was refused for good. */
  rejected: Map<number, string>;
  /** Documents to send again. */
  retry: Set<number>;
  error?: Error;
  retryAfterMs?: number;
}

interface BulkAnswer {
  errors: boolean;
  items?: { create?: { status?: number; error?: { type?: string; reason?: string } } }[];
}

/** Elastic advises 5 to 15 MB; `http.max_content_length` is 100 MB. */
export const MOST_REQUEST_BYTES = 8 * 2 ** 20;
const BRIEF = 'errors,items.create.error.type';
const DETAILED = 'errors,items.create.status,items.create.error.type,items.create.error.reason';
const CONFLICT = 'version_conflict_engine_exception';
/** Requests that one call may spend on finding out for which documents others were refused: a server that refuses everything must not be asked for each. */
const MOST_SPLITS = 200;
/** After an answer with refused documents, this many requests ask for every item at once. */
const WARY_REQUESTS = 20;

/** Sends bodies of `create` actions. Their ids make a repeat harmless: a document that is there already is accepted. */
export class BulkSender {
  readonly #connection: Connection;
  #wary = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Failures are in the result, never thrown. */
  async send(body: BulkBody, abort: AbortSignal): Promise<Delivered> {
    const delivered: Delivered = { rejected: new Map(), retry: new Set() };
    const search = { splits: MOST_SPLITS };
    for (let from = 0; from < body.documents; ) {
      let to = body.fitting(from, MOST_REQUEST_BYTES);
      if (delivered.error) {
        to = body.documents;
        repeat(delivered, from, to);
      } else await this.#sendPart(body, from, to, delivered, search, abort);
      from = to;
    }
    return delivered;
  }

  async #sendPart(
    body: BulkBody,
    from: number,
    to: number,
    delivered: Delivered,
    search: { splits: number },
    abort: AbortSignal,
  ): Promise<void> {
    if (delivered.error) {
      repeat(delivered, from, to);
      return;
    }
    let answer: Answer<BulkAnswer>;
    try {
      answer = await this.#request(body, from, to, abort);
    } catch (error) {
      delivered.error = toError(error);
      repeat(delivered, from, to);
      return;
    }
    const { status } = answer;
    if (status === 200 && isBulkAnswer(answer.body)) readItems(answer.body, from, to, delivered);
    else if (status === 200) {
      delivered.error = new Error(
        'what answers at this url does not answer as Elasticsearch does; nothing counts as stored',
      );
      repeat(delivered, from, to);
    } else if (status === 413 || status === 400) {
      // Too long, or one of them makes it unreadable: the others need not suffer.
      if (to - from === 1 || search.splits-- <= 0) {
        const reason = withoutParticulars(refusal(answer));
        for (let document = from; document < to; document++) delivered.rejected.set(document, reason);
        return;
      }
      const middle = Math.floor((from + to) / 2);
      await this.#sendPart(body, from, middle, delivered, search, abort);
      await this.#sendPart(body, middle, to, delivered, search, abort);
    } else {
      // A key may be mended and an address corrected, so nothing that concerns the whole request is final.
      delivered.error = new Error(refusal(answer));
      const wait = retryAfterMs({ status, headers: answer.headers, body: Buffer.alloc(0) }, Date.now());
      if (wait !== undefined) delivered.retryAfterMs = wait;
      repeat(delivered, from, to);
    }
  }

  /**
   * An answer names every document, and reading 16,000 of them costs more than writing them did. So the first request asks
   * only for errors; where there are others than repeats, the same documents are sent again to learn which ones.
   */
  async #request(body: BulkBody, from: number, to: number, abort: AbortSignal): Promise<Answer<BulkAnswer>> {
    const ask = async (filter: string) =>
      await this.#connection.send<BulkAnswer>(
        {
          method: 'POST',
          path: '/_bulk',
          query: { filter_path: `${filter},error,status`, require_data_stream: 'true' },
          bulk: body.slice(from, to),
        },
        abort,
      );
    if (this.#wary === 0) {
      const brief = await ask(BRIEF);
      if (brief.status !== 200 || !isBulkAnswer(brief.body) || !brief.body.errors) return brief;
      const { items = [] } = brief.body;
      const isHarmless = items.length > 0 && items.every(({ create }) => create?.error?.type === CONFLICT);
      if (isHarmless) return { ...brief, body: { errors: false } };
      this.#wary = WARY_REQUESTS;
    }
    this.#wary--;
    return await ask(DETAILED);
  }
}

/** A proxy may answer for Elasticsearch, with its very headers. */
function isBulkAnswer(body: unknown): body is BulkAnswer {
  const { errors, items } = (body ?? {}) as Partial<BulkAnswer>;
  return typeof errors === 'boolean' && (items === undefined || Array.isArray(items));
}

function readItems(answer: BulkAnswer, from: number, to: number, delivered: Delivered): void {
  if (!answer.errors) return;
  for (let document = from; document < to; document++) {
    const { status, error } = answer.items?.[document - from]?.create ?? {};
    if (status !== undefined && (status < 300 || status === 409)) continue;
    const reason = withoutParticulars(`${error?.type ?? `HTTP ${status}`}: ${error?.reason ?? ''}`);
    if (status === undefined || status === 401 || status === 403 || status === 429 || status >= 500) {
      delivered.error ??= new Error(reason);
      delivered.retry.add(document);
    } else delivered.rejected.set(document, reason);
  }
}

function repeat(delivered: Delivered, from: number, to: number): void {
  for (let document = from; document < to; document++) delivered.retry.add(document);
}

/** Equal reasons are counted together, so places, ids and values go. */
function withoutParticulars(reason: string): string {
  return reason
    .replaceAll(/\[\d+:\d+\] /g, '')
    .replaceAll(/ in document with id '[^']*'\.?/g, '')
    .replaceAll(/ ?Preview of field's value: '.*'/gs, '')
    .replaceAll(/\.ds-(\S+?)-\d{4}\.\d\d\.\d\d-\d{6}/g, '$1')
    .slice(0, 300);
}
