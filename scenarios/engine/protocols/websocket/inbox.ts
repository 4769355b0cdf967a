import type { RawData, WebSocket } from 'ws';

export interface Message {
  readonly bytes: Buffer;
  readonly binary: boolean;
}

/** How a connection ended: orderly, with a code, or not. */
export type Ending =
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'broken'; readonly error: Error }
  | { readonly kind: 'too_large' | 'too_many' };

const MOST_MESSAGES = 10_000;
/** No close frame came (RFC 6455 §7.1.5). */
const ABNORMAL = 1006;

/** The messages of a connection in their order, bounded in number and bytes. */
export class Inbox {
  /** All that came. */
  readonly messages: Message[] = [];
  ending: Ending | null = null;
  readonly #limitBytes: number;
  #totalBytes = 0;
  #next = 0;
  #wake: () => void = () => {};

  constructor(webSocket: WebSocket, limitBytes: number) {
    this.#limitBytes = limitBytes;
    webSocket.on('message', (data: RawData, binary: boolean) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
      this.#take({ bytes, binary });
      if (this.ending) webSocket.terminate();
    });
    webSocket.on('close', (code, reason) => {
      const words = reason.toString();
      this.#end(
        code === ABNORMAL
          ? { kind: 'broken', error: Object.assign(new Error('closed without a close frame'), { code: 'ECONNRESET' }) }
          : { kind: 'closed', code, reason: words },
      );
    });
    webSocket.on('error', (error) => {
      const tooLarge = (error as { code?: string }).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#end(tooLarge ? { kind: 'too_large' } : { kind: 'broken', error });
    });
  }

  /** The next message, or null when there will be none: the connection ended or the signal fired. */
  async next(abort: AbortSignal): Promise<Message | null> {
    while (this.#next === this.messages.length && this.ending === null && !abort.aborted) await this.#news(abort);
    return this.#next < this.messages.length ? this.messages[this.#next++]! : null;
  }

  /** Until the connection has ended, or the signal fires. */
  async ended(abort: AbortSignal): Promise<void> {
    while (this.ending === null && !abort.aborted) await this.#news(abort);
  }

  #news(abort: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        abort.removeEventListener('abort', this.#wake);
        resolve();
      };
      abort.addEventListener('abort', this.#wake, { once: true });
    });
  }

  #take(message: Message): void {
    if (this.ending) return;
    this.#totalBytes += message.bytes.length;
    if (this.#totalBytes > this.#limitBytes) this.#end({ kind: 'too_large' });
    else if (this.messages.length >= MOST_MESSAGES) this.#end({ kind: 'too_many' });
    else {
      this.messages.push(message);
      this.#wake();
    }
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#wake();
  }
}
