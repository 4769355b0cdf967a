import type { PeerCertificate } from './certificate.ts';
import type { ConnectPhases } from './direct.ts';
import type { HeaderFields } from './response-head.ts';
import type { ResponseProblem } from './response-parser.ts';

export interface Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly httpVersion: '1.0' | '1.1' | '2';
  /** As it came, before decoding. */
  readonly body: Buffer;
}

/** One request on its way over one connection: when each phase began, and what came of it. */
export class Passage {
  readonly createdAt: number;
  sentAt: number | null = null;
  headersAt: number | null = null;
  endedAt: number;
  /** null on a connection that was there already. */
  phases: ConnectPhases | null = null;
  certificate: PeerCertificate | null = null;

  answer: Answer | null = null;
  /** Why there is no answer: what Node threw, the abort's reason, or what was wrong with the response. */
  failure: Error | ResponseProblem | null = null;
  receivedBytes = 0;
  expectedBytes: number | null = null;
  /** Whether the other side has shown any reaction to the request. */
  touched = false;

  /** How to give up; set by whoever carries the request at the moment. */
  cancel: () => void = () => {};

  readonly #settled: (passage: Passage) => void;
  #over = false;

  /** @param settled called once, when there is an answer or a failure */
  constructor(createdAt: number, settled: (passage: Passage) => void) {
    this.createdAt = createdAt;
    this.endedAt = createdAt;
    this.#settled = settled;
  }

  get over(): boolean {
    return this.#over;
  }

  get phase(): 'connect' | 'wait' | 'download' {
    if (this.headersAt !== null) return 'download';
    return this.sentAt === null ? 'connect' : 'wait';
  }

  succeed(answer: Answer, now: number): void {
    if (this.#over) return;
    this.answer = answer;
    this.#end(now);
  }

  fail(failure: Error | ResponseProblem, now: number): void {
    if (this.#over) return;
    this.failure = failure;
    this.#end(now);
  }

  #end(now: number): void {
    this.#over = true;
    this.endedAt = now;
    this.#settled(this);
  }
}
