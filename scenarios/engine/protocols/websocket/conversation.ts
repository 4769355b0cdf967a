import type { WebSocket } from 'ws';
import { formatDuration } from '../../../../core/units.ts';
import type { AssertionResult } from '../../../run-result.ts';
import { createExchange } from '../../exchange.ts';
import { ignore } from '../../http/connector.ts';
import type { ExchangeError } from '../../http/network-error.ts';
import { templateFailure } from '../../template-failure.ts';
import { stopped, timingsOf } from '../connect.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { Inbox, Message } from './inbox.ts';
import type { Turn } from './spec.ts';

export interface Spoken {
  /** What was sent, as evidence. */
  readonly sent: readonly unknown[];
  readonly assertions: readonly AssertionResult[];
  readonly error: ExchangeError | null;
}

/** So long the other side may take to close its half; it has nothing to say any more. */
const CLOSING_MS = 1_000;

/** Takes its turns until one fails, and closes. Never rejects. */
export async function converse(
  webSocket: WebSocket,
  inbox: Inbox,
  turns: readonly Turn[],
  peer: string,
  context: ProtocolContext,
): Promise<Spoken> {
  const conversation = new Conversation(webSocket, inbox, peer, context);
  for (const [index, turn] of turns.entries()) {
    await conversation.take(turn, index + 1);
    if (conversation.over) break;
  }
  await conversation.close(1000);
  webSocket.terminate();
  return conversation;
}

class Conversation implements Spoken {
  readonly sent: unknown[] = [];
  readonly assertions: AssertionResult[] = [];
  error: ExchangeError | null = null;
  readonly #webSocket: WebSocket;
  readonly #inbox: Inbox;
  readonly #peer: string;
  readonly #context: ProtocolContext;
  #failed = false;
  #closed = false;

  constructor(webSocket: WebSocket, inbox: Inbox, peer: string, context: ProtocolContext) {
    this.#webSocket = webSocket;
    this.#inbox = inbox;
    this.#peer = peer;
    this.#context = context;
  }

  get over(): boolean {
    return this.#failed || this.error !== null;
  }

  async take(turn: Turn, number: number): Promise<void> {
    switch (turn.kind) {
      case 'send':
        return this.#send(turn, number);
      case 'binary':
        this.sent.push({ base64: Buffer.from(turn.bytes).toString('base64') });
        return this.#transmit(turn.bytes, number);
      case 'receive':
        return await this.#receive(turn, number);
      case 'close':
        return await this.close(turn.code);
    }
  }

  async close(code: number): Promise<void> {
    const { abort, clock } = this.#context;
    if (this.#closed || abort.aborted) return;
    this.#closed = true;
    this.#webSocket.close(code);
    const waited = new AbortController();
    const late = AbortSignal.any([abort, waited.signal]);
    const done = new AbortController();
    clock.timer(CLOSING_MS, done.signal).then(
      () => waited.abort(),
      () => {
        // It closed in time.
      },
    );
    await this.#inbox.ended(late);
    done.abort();
  }

  #send({ message, json }: Extract<Turn, { kind: 'send' }>, number: number): void {
    const { fill } = this.#context;
    const filled = json ? JSON.stringify(fill.value(message) ?? null) : fill.text(message);
    if (fill.error) {
      this.error = templateFailure(fill.error);
      return;
    }
    this.sent.push(filled);
    this.#transmit(filled, number);
  }

  #transmit(data: string | Uint8Array, number: number): void {
    const { ending } = this.#inbox;
    if (ending || this.#closed) this.#judgeEnding(`message ${number}`, 'to be sent');
    // An error of writing arrives as the end of the connection.
    else this.#webSocket.send(data, ignore);
  }

  async #receive({ expect, withinMs, capture }: Extract<Turn, { kind: 'receive' }>, number: number): Promise<void> {
    const { abort, clock } = this.#context;
    const late = new AbortController();
    const done = new AbortController();
    if (withinMs !== null) {
      clock.timer(withinMs, done.signal).then(
        () => late.abort(),
        () => {
          // What was waited for came.
        },
      );
    }
    const until = AbortSignal.any([abort, late.signal]);
    let passedOver = 0;
    let nearest: AssertionResult | null = null;
    try {
      for (;;) {
        const message = await this.#inbox.next(until);
        if (!message) break;
        const seen = this.#exchangeOf(message);
        const { results, error } = this.#context.judge(expect, seen);
        if (error) {
          this.error = templateFailure(error);
          return;
        }
        const wrong = results.find(({ passed }) => !passed);
        if (!wrong) {
          this.assertions.push(...results, ...this.#context.capture(capture, seen));
          this.#failed = this.assertions.some(({ passed }) => !passed);
          return;
        }
        nearest = wrong;
        passedOver++;
      }
    } finally {
      done.abort();
    }
    if (abort.aborted) {
      const words = `${this.#peer} did not send the message that was waited for`;
      this.error = stopped(abort, { words, hint: others(passedOver, nearest) });
    } else if (this.#inbox.ending) {
      this.#judgeEnding(`message ${number}`, 'a message', others(passedOver, nearest));
    } else {
      const limit = formatDuration(withinMs ?? 0);
      this.#fail(
        `message ${number}`,
        `a message within ${limit}`,
        `nothing that fits came within ${limit}`,
        others(passedOver, nearest),
      );
    }
  }

  /** The connection ended, and more was to come. */
  #judgeEnding(subject: string, expected: string, more: string | null = null): void {
    const { ending } = this.#inbox;
    const { bodyLimitBytes } = this.#context;
    if (ending?.kind === 'broken') {
      const message = `${this.#peer} broke the connection off: ${ending.error.message}`;
      const code = String((ending.error as { code?: unknown }).code ?? '');
      const invalid = code.startsWith('WS_ERR');
      this.error = { kind: 'network', code: invalid ? 'INVALID_RESPONSE' : 'CONNECTION_RESET', message, hint: more };
    } else if (ending?.kind === 'too_large' || ending?.kind === 'too_many') {
      const limit = ending.kind === 'too_large' ? `${Math.round(bodyLimitBytes / 2 ** 10)} KiB` : '10000 messages';
      const message = `${this.#peer} sent more than ${limit}`;
      this.error = { kind: 'response_limit', code: 'RESPONSE_TOO_LARGE', message, hint: 'ask for less' };
    } else {
      const reason = ending?.kind === 'closed' ? closing(ending) : 'the connection was closed before';
      this.#fail(subject, expected, reason, more);
    }
  }

  #fail(subject: string, expected: string, actual: string, more: string | null): void {
    const message = `${subject}: ${actual}${more === null ? '' : `; ${more}`}`;
    this.assertions.push({ kind: 'websocket', subject, operator: 'receive', expected, actual, passed: false, message });
    this.#failed = true;
  }

  /** A message as assertions and captures see it. */
  #exchangeOf(message: Message) {
    const { clock } = this.#context;
    const now = clock.monotonic();
    return createExchange({
      request: { method: 'WS', url: '' },
      response: { status: null, headers: {}, body: message.bytes },
      timings: timingsOf(null, { start: now, sent: null, firstByte: null, end: now }),
      at: clock.now(),
    });
  }
}

function closing({ code, reason }: { code: number; reason: string }): string {
  return `the connection was closed with ${code}${reason === '' ? '' : ` ${JSON.stringify(reason)}`}`;
}

function others(count: number, nearest: AssertionResult | null): string | null {
  if (count === 0 || !nearest) return null;
  return `${count} other ${count === 1 ? 'message' : 'messages'} came, of the last one ${nearest.message}`;
}
