import { Buffer } from 'node:buffer';
import type { Signal, SpoolPosition } from '../exporter.ts';
import { countItems } from '../otlp/index.ts';
import type { Sent } from './endpoint.ts';
import { halve, isWhole } from './split.ts';

/** An export request that came out of one record of the spool. */
export interface Payload {
  position: SpoolPosition;
  bytes: Uint8Array;
  /** What the ledger counts of it. */
  items: number;
}

/** What became of the payloads of one record. */
export interface Settled {
  accepted: number;
  rejected: Map<string, number>;
  /** Something of it has to be sent again. */
  retry: boolean;
}

export interface Delivered {
  byPosition: Map<SpoolPosition, Settled>;
  error?: Error;
  retryAfterMs?: number;
  /** The destination refused part of a request that held several records: which of them, it does not say. */
  isBlurred: boolean;
}

export interface DeliverOptions {
  signal: Signal;
  /** Requests are filled up to this; a larger payload is cut. */
  maxBytes: number;
  /** One record per request, so that a partial refusal names its record. */
  apart: boolean;
  send(body: Uint8Array): Promise<Sent>;
}

/**
 * Refused requests that one call cuts in two. Past it all of a refused request counts as refused: a destination that
 * refuses everything must not be asked for every item.
 */
const MOST_SPLITS = 200;

/**
 * Sends payloads of one signal in order, several in one request: export requests put side by side are one request with
 * all their groups (protobuf concatenates repeated fields). A refused request is cut in two until the bad record stands
 * alone; one that is too large until its items do. After a request that has to be tried again no further one is sent.
 */
export async function deliver(payloads: readonly Payload[], options: DeliverOptions): Promise<Delivered> {
  const delivery = new Delivery(options);
  for (const group of grouped(payloads, options)) await delivery.send(group);
  return delivery.result;
}

function* grouped(payloads: readonly Payload[], { maxBytes, apart }: DeliverOptions): Generator<Payload[]> {
  let group: Payload[] = [];
  let bytes = 0;
  for (const payload of payloads) {
    if (group.length > 0 && (apart || bytes + payload.bytes.length > maxBytes)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(payload);
    bytes += payload.bytes.length;
  }
  if (group.length > 0) yield group;
}

class Delivery {
  readonly result: Delivered = { byPosition: new Map(), isBlurred: false };
  readonly #options: DeliverOptions;
  #splits = 0;

  constructor(options: DeliverOptions) {
    this.#options = options;
  }

  async send(group: readonly Payload[]): Promise<void> {
    if (this.result.error) return this.#again(group);
    if (group.length > 1 && !group.every(({ bytes }) => isWhole(bytes))) return await this.#inHalves(group);
    const only = group.length === 1 ? group[0]! : undefined;
    if (only && only.bytes.length > this.#options.maxBytes) {
      const halves = this.#halves(only);
      if (halves) return await this.#inOrder(halves);
    }
    const sent = await this.#options.send(only ? only.bytes : Buffer.concat(group.map(({ bytes }) => bytes)));
    switch (sent.kind) {
      case 'taken':
        return this.#taken(group, sent.rejected, sent.reason);
      case 'unavailable':
        this.result.error = sent.error;
        if (sent.retryAfterMs !== undefined) this.result.retryAfterMs = sent.retryAfterMs;
        return this.#again(group);
      case 'refused':
      case 'too_large': {
        const isSearched = this.#splits++ < MOST_SPLITS;
        if (!only && isSearched) return await this.#inHalves(group);
        const halves = only && isSearched && sent.kind === 'too_large' ? this.#halves(only) : undefined;
        if (halves) return await this.#inOrder(halves);
        for (const payload of group) this.#rejected(payload, payload.items, sent.reason);
      }
    }
  }

  async #inHalves(group: readonly Payload[]): Promise<void> {
    const middle = group.length >> 1;
    await this.send(group.slice(0, middle));
    await this.send(group.slice(middle));
  }

  async #inOrder(payloads: readonly Payload[]): Promise<void> {
    for (const payload of payloads) await this.send([payload]);
  }

  /**
   * Smaller payloads that count as many items as the whole: where points are not what is counted (StatsD), in proportion.
   * A half without items is left out.
   */
  #halves({ position, bytes, items }: Payload): Payload[] | undefined {
    const { signal } = this.#options;
    try {
      const parts = halve(signal, bytes);
      if (!parts) return undefined;
      const [first, second] = parts.map((part) => countItems(signal, part)) as [number, number];
      if (first === 0 || second === 0) return [{ position, bytes: parts[first === 0 ? 1 : 0], items }];
      const share = Math.round((items * first) / (first + second));
      return [
        { position, bytes: parts[0], items: share },
        { position, bytes: parts[1], items: items - share },
      ];
    } catch {
      // Not an export request: the destination says so in its own words.
      return undefined;
    }
  }

  #taken(group: readonly Payload[], rejected: number, reason: string): void {
    if (rejected > 0 && group.length > 1) this.result.isBlurred = true;
    let left = rejected;
    for (const payload of group) {
      const refused = Math.min(left, payload.items);
      left -= refused;
      this.#at(payload).accepted += payload.items - refused;
      if (refused > 0) this.#rejected(payload, refused, reason);
    }
  }

  #rejected(payload: Payload, count: number, reason: string): void {
    if (count === 0) return;
    const { rejected } = this.#at(payload);
    rejected.set(reason, (rejected.get(reason) ?? 0) + count);
  }

  #again(group: readonly Payload[]): void {
    for (const payload of group) this.#at(payload).retry = true;
  }

  #at({ position }: Payload): Settled {
    let settled = this.result.byPosition.get(position);
    if (!settled) {
      settled = { accepted: 0, rejected: new Map(), retry: false };
      this.result.byPosition.set(position, settled);
    }
    return settled;
  }
}
