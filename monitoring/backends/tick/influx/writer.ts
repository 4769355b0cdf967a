import type { Clock } from '../../../../core/clock.ts';
import { toError } from '../../../../core/errors.ts';
import type { EncodedRecord } from '../encode/record.ts';
import type { InfluxClient } from './client.ts';
import { judge, type Verdict } from './verdict.ts';

/** Lines [from, to) of one record. */
interface Range {
  of: EncodedRecord;
  from: number;
  to: number;
}

/** Lines of one record that InfluxDB refused for good. */
export interface Refusal {
  of: EncodedRecord;
  /** In items of the ledger. */
  count: number;
  reason: string;
  words: string;
}

export interface Written {
  refusals: Refusal[];
  /** Records of which not all is written, or known to be refused. */
  unsettled: Set<EncodedRecord>;
  error?: Error;
  retryAfterMs?: number;
}

/** InfluxDB recommends 5,000 to 10,000 lines a request and takes 25 MB. */
const MAX_LINES = 10_000;
const MAX_LENGTH = 8 * 2 ** 20;
/** Requests that one call may spend on finding out which lines are refused. Past it, all of a refused request counts. */
const MAX_SEARCHES = 400;

type Refused = Extract<Verdict, { said: 'refused' }>;

/**
 * Writes records as lines. InfluxDB says how many points of a request it dropped, but not always which: a request of
 * several records that lost some is halved and sent again until each refused point has its record. What was taken the
 * first time overwrites itself.
 */
export class Writer {
  readonly #client: InfluxClient;
  readonly #clock: Clock;
  readonly #provision: (abort: AbortSignal) => Promise<void>;

  /** @param provision makes a database that has gone; rejects when it cannot */
  constructor(client: InfluxClient, clock: Clock, provision: (abort: AbortSignal) => Promise<void>) {
    this.#client = client;
    this.#clock = clock;
    this.#provision = provision;
  }

  /** Never rejects: what could not be written is unsettled, with the reason. */
  async write(records: readonly EncodedRecord[], abort: AbortSignal): Promise<Written> {
    const call = new Call(this.#client, this.#clock, this.#provision, abort);
    const unsettled = new Set(records);
    const parts = partsOf(records);
    try {
      for (const [index, part] of parts.entries()) {
        await call.write(part);
        const next = parts[index + 1]?.[0]?.of;
        for (const { of } of part) if (of !== next) unsettled.delete(of);
      }
      for (const one of records) if (one.lines.texts.length === 0) unsettled.delete(one);
      return { refusals: call.refusals, unsettled };
    } catch (thrown) {
      const refusals = call.refusals.filter(({ of }) => !unsettled.has(of));
      if (!(thrown instanceof Later)) return { refusals, unsettled, error: toError(thrown) };
      const wait = thrown.retryAfterMs === undefined ? {} : { retryAfterMs: thrown.retryAfterMs };
      return { refusals, unsettled, error: toError(thrown.cause), ...wait };
    }
  }
}

/** Ends a call: nothing more is sent to a destination that cannot take it now. */
class Later extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(cause: Error, retryAfterMs?: number) {
    super(cause.message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

class Call {
  readonly refusals: Refusal[] = [];
  readonly #client: InfluxClient;
  readonly #clock: Clock;
  readonly #provision: (abort: AbortSignal) => Promise<void>;
  readonly #abort: AbortSignal;
  #searches = 0;
  #provisioned = false;

  constructor(
    client: InfluxClient,
    clock: Clock,
    provision: (abort: AbortSignal) => Promise<void>,
    abort: AbortSignal,
  ) {
    this.#client = client;
    this.#clock = clock;
    this.#provision = provision;
    this.#abort = abort;
  }

  async write(part: readonly Range[]): Promise<void> {
    const body = part.map(({ of, from, to }) => of.lines.texts.slice(from, to).join('\n')).join('\n');
    const verdict = judge(await this.#client.write(body, this.#abort), this.#clock.now());
    switch (verdict.said) {
      case 'written':
        return;
      case 'refused':
        return await this.#refused(part, verdict);
      case 'too_large':
        return await this.#refused(part, {
          ...verdict,
          said: 'refused',
          reason: 'request too large',
          dropped: undefined,
        });
      case 'missing':
        if (this.#provisioned) throw new Later(verdict.error);
        this.#provisioned = true;
        await this.#provision(this.#abort);
        return await this.write(part);
      case 'later':
        throw new Later(verdict.error, verdict.retryAfterMs);
    }
  }

  async #refused(part: readonly Range[], verdict: Refused): Promise<void> {
    const [first] = part;
    const isOne = part.length === 1;
    const lines = isOne ? first!.to - first!.from : 0;
    const [most, least] = isOne ? extremes(first!) : [0, 0];
    const isPlain = most === 1 && least === 1;
    // Nothing left to find out: one line, all lines, no items, or so many of equal lines of one record.
    if (
      isOne &&
      (lines === 1 || verdict.dropped === lines || most === 0 || (isPlain && verdict.dropped !== undefined))
    ) {
      if (verdict.dropped !== 0) this.#count(first!, verdict, isPlain ? verdict.dropped : undefined);
      return;
    }
    if (this.#searches >= MAX_SEARCHES) {
      for (const range of part) this.#count(range, verdict, undefined);
      return;
    }
    this.#searches += 2;
    for (const half of halves(part)) await this.write(half);
  }

  #count({ of, from, to }: Range, { reason, words }: Refused, dropped: number | undefined): void {
    const all = of.lines.items.slice(from, to).reduce((sum, items) => sum + items, 0);
    const count = Math.min(dropped ?? all, all);
    if (count === 0) return;
    const same = this.refusals.find((one) => one.of === of && one.reason === reason);
    if (same) same.count += count;
    else this.refusals.push({ of, count, reason, words });
  }
}

function extremes({ of, from, to }: Range): [most: number, least: number] {
  const items = of.lines.items.slice(from, to);
  return [Math.max(...items), Math.min(...items)];
}

function halves(part: readonly Range[]): Range[][] {
  if (part.length > 1) {
    const middle = Math.ceil(part.length / 2);
    return [part.slice(0, middle), part.slice(middle)];
  }
  const { of, from, to } = part[0]!;
  // Lines that are no items come last. Parted from them, a number of dropped points is a number of items.
  const besides = of.lines.items.indexOf(0, from);
  const middle = besides > from && besides < to ? besides : Math.ceil((from + to) / 2);
  return [[{ of, from, to: middle }], [{ of, from: middle, to }]];
}

/** Requests, in the order of the records. Only a record that is too large for one is divided. */
function partsOf(records: readonly EncodedRecord[]): Range[][] {
  const parts: Range[][] = [];
  let part: Range[] = [];
  let [lines, length] = [0, 0];
  for (const of of records) {
    const { texts } = of.lines;
    let from = 0;
    for (let to = 0; to < texts.length; to++) {
      const size = texts[to]!.length + 1;
      if (lines > 0 && (lines >= MAX_LINES || length + size > MAX_LENGTH)) {
        if (to > from) part.push({ of, from, to });
        parts.push(part);
        part = [];
        from = to;
        lines = length = 0;
      }
      lines++;
      length += size;
    }
    if (texts.length > from) part.push({ of, from, to: texts.length });
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
