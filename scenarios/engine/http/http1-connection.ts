import type { Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import type { PeerCertificate } from './certificate.ts';
import { ignore, type Reader } from './direct.ts';
import type { Passage } from './passage.ts';
import { ResponseParser } from './response-parser.ts';

/** One HTTP/1.1 connection: one request at a time, never before the response to the last one is complete. */
export class Http1Connection implements Reader {
  readonly #clock: Clock;
  readonly #closed: () => void;
  #socket: Socket | null = null;
  #certificate: PeerCertificate | null = null;
  #passage: Passage | null = null;
  #parser: ResponseParser | null = null;
  #over = false;

  /** @param closed called once, when nothing can be sent over it any more */
  constructor(clock: Clock, closed: () => void) {
    this.#clock = clock;
    this.#closed = closed;
  }

  /** Whether it is open and no request is on its way. */
  get free(): boolean {
    return this.#socket !== null && !this.#over && this.#passage === null;
  }

  attach(socket: Socket, certificate: PeerCertificate | null): void {
    this.#socket = socket;
    this.#certificate = certificate;
    socket.on('error', (error: Error) => this.#end(error));
    socket.on('end', () => this.#end(null));
    socket.on('close', () => this.#end(null));
  }

  /**
   * Sends a whole request in one write. Only on a free connection.
   * @param message text has one character a byte
   */
  send(message: string | Buffer, method: string, limitBytes: number, passage: Passage): void {
    this.#passage = passage;
    this.#parser = new ResponseParser(method, limitBytes);
    passage.certificate = this.#certificate;
    passage.cancel = () => this.destroy();
    passage.sentAt = this.#clock.monotonic();
    this.#socket!.write(message as string, 'latin1');
  }

  receive(bytes: Buffer, end: number): void {
    const parser = this.#parser;
    // Bytes that no request asked for would be taken for the answer to the next one.
    if (!parser) this.destroy();
    else {
      const over = parser.push(bytes, end);
      this.#note(parser);
      if (over) this.#settle(parser);
    }
  }

  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket?.on('error', ignore);
    this.#socket?.destroy();
    this.#closed();
  }

  #note(parser: ResponseParser): void {
    const passage = this.#passage!;
    if (parser.headComplete) passage.headersAt ??= this.#clock.monotonic();
    passage.touched = true;
    passage.receivedBytes = parser.receivedBytes;
    passage.expectedBytes = parser.expectedBytes;
  }

  #settle(parser: ResponseParser): void {
    const passage = this.#passage!;
    this.#passage = null;
    this.#parser = null;
    // What is left of a request that was answered early would run into the next one.
    if (!parser.reusable || this.#socket!.writableLength > 0) this.destroy();
    const now = this.#clock.monotonic();
    if (parser.problem) passage.fail(parser.problem, now);
    else {
      const { status, headers, httpVersion } = parser;
      passage.succeed({ status, headers, httpVersion, body: parser.body() }, now);
    }
  }

  #end(error: Error | null): void {
    const passage = this.#passage;
    const parser = this.#parser;
    this.destroy();
    if (!passage || !parser) return;
    if (error) {
      this.#passage = null;
      this.#parser = null;
      passage.fail(error, this.#clock.monotonic());
      return;
    }
    parser.end();
    this.#settle(parser);
  }
}
