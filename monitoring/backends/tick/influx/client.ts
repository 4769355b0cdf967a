import { toError } from '../../../../core/errors.ts';
import { type HttpAnswer, HttpSender } from '../../../http/send.ts';
import type { TickConfig } from '../config.ts';

const WRITE_PATHS: Record<TickConfig['api'], (config: TickConfig) => string> = {
  v1: ({ database, retentionPolicy }) =>
    `/write?${new URLSearchParams({ db: database, rp: retentionPolicy, precision: 'ns' })}`,
  v2: ({ database, org }) =>
    `/api/v2/write?${new URLSearchParams({ org: org ?? '', bucket: database, precision: 'ns' })}`,
  v3: ({ database }) => `/api/v3/write_lp?${new URLSearchParams({ db: database, precision: 'nanosecond' })}`,
};
export const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** InfluxDB over HTTP, whichever generation. Answers are values; a destination that is away rejects. */
export class InfluxClient {
  readonly config: TickConfig;
  readonly #writes: HttpSender;
  /** InfluxDB reads compressed bodies of writes only. */
  readonly #questions: HttpSender;
  readonly #writePath: string;

  constructor(config: TickConfig) {
    this.config = config;
    this.#writePath = WRITE_PATHS[config.api](config);
    const options = {
      url: config.url,
      headers: { ...authorization(config), 'user-agent': 'ringdown' },
      connections: 16,
      ...(config.ca === undefined ? {} : { ca: config.ca }),
    };
    this.#writes = new HttpSender({ ...options, gzip: config.compress });
    this.#questions = new HttpSender({ ...options, maxAnswerBytes: MAX_ANSWER_BYTES });
  }

  /** @param body lines of line protocol */
  async write(body: string, abort: AbortSignal): Promise<HttpAnswer> {
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    return await this.#send(this.#writes, { method: 'POST', path: this.#writePath, headers, body }, abort);
  }

  /** A form for InfluxQL of v1 and v2. */
  async postForm(path: string, form: Readonly<Record<string, string>>, abort: AbortSignal): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return await this.#send(
      this.#questions,
      { method: 'POST', path, headers, body: String(new URLSearchParams(form)) },
      abort,
    );
  }

  async getJson(path: string, abort: AbortSignal): Promise<HttpAnswer> {
    return await this.#send(this.#questions, { method: 'GET', path, headers: { accept: 'application/json' } }, abort);
  }

  async postJson(path: string, body: unknown, abort: AbortSignal): Promise<HttpAnswer> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    return await this.#send(this.#questions, { method: 'POST', path, headers, body: JSON.stringify(body) }, abort);
  }

  async #send(sender: HttpSender, request: Parameters<HttpSender['send']>[0], abort: AbortSignal): Promise<HttpAnswer> {
    try {
      return await sender.send(request, abort);
    } catch (thrown) {
      if (abort.aborted) throw thrown;
      const { message } = toError(thrown);
      throw new Error(`InfluxDB at ${new URL(this.config.url).host} does not answer: ${message || 'no connection'}`, {
        cause: thrown,
      });
    }
  }

  close(): void {
    this.#writes.close();
    this.#questions.close();
  }
}

function authorization({ api, username, password, token }: TickConfig): Record<string, string> {
  if (username !== undefined) {
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  }
  if (token === undefined) return {};
  return { authorization: `${api === 'v2' ? 'Token' : 'Bearer'} ${token}` };
}

/** InfluxDB's own words in an answer. */
export function wordsOf(answer: HttpAnswer): string {
  const body = answer.body.toString('utf8');
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    // v2 says { code, message }, the others { error }.
    for (const words of [message, error]) if (typeof words === 'string' && words !== '') return words;
  } catch {
    // Not JSON: a proxy speaks for itself.
  }
  return body.trim().slice(0, 500) || `status ${answer.status} without a word`;
}
