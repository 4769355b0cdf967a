import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../core/clock.ts';

/** Collects one response from undici, bounded in size, and notes when each phase began. */
export class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly createdAt: number;
  sentAt: number | null = null;
  headersAt: number | null = null;
  endedAt: number;

  status = 0;
  headers: IncomingHttpHeaders = {};
  receivedBytes = 0;
  overLimit = false;
  error: Error | null = null;
  /** Resolves when the response is complete or has failed; never rejects. */
  readonly settled: Promise<void>;

  readonly #clock: Clock;
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | null = null;
  #settle: () => void = () => {};
  #done = false;

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
    this.createdAt = clock.monotonic();
    this.endedAt = this.createdAt;
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get failed(): boolean {
    return this.error !== null;
  }

  /** Whether any part of a response came. */
  get started(): boolean {
    return this.headersAt !== null;
  }

  get phase(): 'connect' | 'wait' | 'download' {
    if (this.headersAt !== null) return 'download';
    return this.sentAt === null ? 'connect' : 'wait';
  }

  get expectedBytes(): number | null {
    const length = Number(this.headers['content-length']);
    return Number.isSafeInteger(length) && length >= 0 && this.headers['content-length'] !== undefined ? length : null;
  }

  body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.receivedBytes);
  }

  /** @returns false when the request was not sent yet, so that there is nothing to abort here */
  abort(reason: Error): boolean {
    if (!this.#controller) return false;
    this.#controller.abort(reason);
    return true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.sentAt = this.#clock.monotonic();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Informational responses come before the one that counts (RFC 9110 §15.2).
    if (status < 200) return;
    this.headersAt = this.#clock.monotonic();
    this.status = status;
    this.headers = headers;
    if ((this.expectedBytes ?? 0) > this.#limitBytes) this.#tooLarge(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    if (this.receivedBytes > this.#limitBytes) this.#tooLarge(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.error ??= error;
    this.#chunks = [];
    this.#end();
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    this.overLimit = true;
    this.#chunks = [];
    controller.abort(new Error('response too large'));
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.endedAt = this.#clock.monotonic();
    this.#settle();
  }
}
