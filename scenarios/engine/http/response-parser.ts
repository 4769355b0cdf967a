import { BodyBuffer } from './body-buffer.ts';
import { framingOf, keepsAlive } from './framing.ts';
import { type HeaderFields, parseFields, parseHead, type ResponseHead } from './response-head.ts';

/** Of status line and headers, of trailers, and of all interim responses each. */
const MOST_HEAD_BYTES = 16 * 1024;
/** A server that keeps announcing an answer is not giving one. */
const MOST_INTERIM = 100;
const MOST_EXTENSION_BYTES = 4 * 1024;
/** Hexadecimal digits of a chunk's size that stay below 2^53. */
const MOST_SIZE_DIGITS = 13;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/** Why a response is of no use. `detail` is for a person. */
export interface ResponseProblem {
  kind: 'malformed' | 'headers_too_large' | 'body_too_large' | 'closed';
  detail: string;
}

type State =
  | 'head'
  | 'length'
  | 'until_close'
  | 'size'
  | 'extension'
  | 'size_end'
  | 'data'
  | 'data_end'
  | 'last_chunk'
  | 'trailers'
  | 'over';

/**
 * Reads one HTTP/1.x response (RFC 9112) from the bytes of a connection, whatever pieces they come in. Strict where a
 * lenient reader and another one could disagree on where a message ends. Holds no reference to the bytes it is given.
 */
export class ResponseParser {
  status = 0;
  httpVersion: '1.0' | '1.1' = '1.1';
  headers: HeaderFields = {};
  /** Whether status and headers of the final response are there. */
  headComplete = false;
  /** From Content-Length; null where the length is not known in advance. */
  expectedBytes: number | null = null;
  problem: ResponseProblem | null = null;
  /** Whether the connection can carry another exchange. */
  reusable = false;
  /** Bytes of the last push that do not belong to the message. */
  trailingBytes = 0;

  readonly #method: string;
  readonly #limitBytes: number;
  readonly #body = new BodyBuffer();
  #state: State = 'head';
  /** Bytes of a chunk or body still to come, digits of a size, bytes of an extension: what the state counts. */
  #left = 0;
  #count = 0;
  #sawCr = false;
  #interim = 0;
  #held: Buffer | null = null;
  #heldBytes = 0;

  /** @param limitBytes of the body, before decoding */
  constructor(method: string, limitBytes: number) {
    this.#method = method;
    this.#limitBytes = limitBytes;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  get receivedBytes(): number {
    return this.#body.length;
  }

  body(): Buffer {
    return this.#body.bytes();
  }

  /** Reads `chunk` up to `end`. @returns whether the message is over: complete, or with a problem */
  push(chunk: Buffer, end: number): boolean {
    let at = 0;
    while (at < end && this.#state !== 'over') at = this.#step(chunk, at, end);
    // Whatever follows a message that nobody asked another one for is not an answer to the next request.
    this.trailingBytes = end - at;
    if (at < end) this.reusable = false;
    return this.#state === 'over';
  }

  /** The other side has closed: the end of some bodies, the truncation of all else. */
  end(): void {
    if (this.#state === 'over') return;
    if (this.#state === 'until_close') this.#complete(false);
    else if (this.#heldBytes > 0 && !this.headComplete) {
      this.#fail('closed', 'in the middle of the headers');
    } else this.#fail('closed', this.headComplete ? 'in the middle of the body' : 'before an answer');
  }

  #step(chunk: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case 'head':
      case 'trailers':
        return this.#section(chunk, at, end);
      case 'last_chunk':
        return this.#afterLastChunk(chunk, at, end);
      case 'length':
      case 'data':
        return this.#content(chunk, at, end);
      case 'until_close':
        this.#keep(chunk, at, end, 0);
        return end;
      case 'size':
        return this.#size(chunk, at, end);
      case 'extension':
        return this.#extension(chunk, at, end);
      case 'size_end':
        if (chunk[at] !== LF) return this.#malformed('a chunk size does not end in CRLF', end);
        this.#chunkBegins();
        return at + 1;
      case 'data_end':
        return this.#chunkEnds(chunk, at, end);
      case 'over':
        return end;
    }
  }

  /** Collects header or trailer fields up to their empty line, without a copy where they come in one piece. */
  #section(chunk: Buffer, at: number, end: number): number {
    if (this.#heldBytes === 0) {
      const found = chunk.indexOf('\r\n\r\n', at, 'latin1');
      const stop = found + 4;
      if (found >= 0 && stop <= end) {
        if (stop - at > MOST_HEAD_BYTES) return this.#tooLong(end);
        this.#sectionEnds(chunk.toString('latin1', at, stop));
        return stop;
      }
    }
    this.#held ??= Buffer.allocUnsafe(MOST_HEAD_BYTES);
    const before = this.#heldBytes;
    const taken = Math.min(end - at, MOST_HEAD_BYTES - before);
    chunk.copy(this.#held, before, at, at + taken);
    this.#heldBytes = before + taken;
    if (this.#state === 'head' && !beginsLikeHttp(this.#held, this.#heldBytes)) {
      return this.#malformed('it does not begin with HTTP/1.', end);
    }
    const found = this.#held.subarray(0, this.#heldBytes).indexOf('\r\n\r\n', Math.max(0, before - 3), 'latin1');
    if (found < 0) return this.#heldBytes < MOST_HEAD_BYTES ? end : this.#tooLong(end);
    const text = this.#held.toString('latin1', 0, found + 4);
    this.#heldBytes = 0;
    this.#sectionEnds(text);
    return at + (found + 4 - before);
  }

  #sectionEnds(text: string): void {
    if (this.#state === 'head') {
      this.#headEnds(text);
      return;
    }
    // Trailers are read for their end alone; the CRLF before them was put there for that.
    const problem = parseFields(text, 2, {});
    if (problem) this.#fail('malformed', `in the trailers: ${problem}`);
    else this.#complete(true);
  }

  #headEnds(text: string): void {
    const head = parseHead(text);
    if ('problem' in head) this.#fail('malformed', head.problem);
    else if (head.status === 101) this.#fail('malformed', 'an interim status (101) that nobody asked for');
    else if (head.status >= 200) this.#begin(head);
    else if (++this.#interim > MOST_INTERIM) this.#fail('malformed', `more than ${MOST_INTERIM} interim responses`);
  }

  #begin(head: ResponseHead): void {
    this.status = head.status;
    this.httpVersion = head.minorVersion === 1 ? '1.1' : '1.0';
    this.headers = head.headers;
    this.headComplete = true;
    this.reusable = keepsAlive(head);
    const framing = framingOf(this.#method, head);
    switch (framing.kind) {
      case 'none':
        this.#complete(true);
        break;
      case 'chunked':
        this.#toSize();
        break;
      case 'until_close':
        this.#state = 'until_close';
        break;
      case 'unclear':
        this.#fail('malformed', framing.problem);
        break;
      case 'length':
        this.#left = framing.bytes;
        this.expectedBytes = framing.bytes;
        this.#state = 'length';
        if (framing.bytes > this.#limitBytes) this.#fail('body_too_large', '');
        else if (framing.bytes === 0) this.#complete(true);
    }
  }

  #content(chunk: Buffer, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (!this.#keep(chunk, at, stop, this.#left)) return end;
    if (this.#left === 0) {
      if (this.#state === 'length') this.#complete(true);
      else {
        this.#state = 'data_end';
        this.#sawCr = false;
      }
    }
    return stop;
  }

  #keep(chunk: Buffer, from: number, to: number, expected: number): boolean {
    if (this.#body.length + (to - from) > this.#limitBytes) {
      this.#fail('body_too_large', '');
      return false;
    }
    this.#body.append(chunk, from, to, to - from + expected);
    return true;
  }

  #toSize(): void {
    this.#state = 'size';
    this.#left = 0;
    this.#count = 0;
  }

  #size(chunk: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = chunk[at]!;
      const digit = hexDigit(byte);
      if (digit >= 0) {
        if (++this.#count > MOST_SIZE_DIGITS) return this.#malformed('a chunk size is too long', end);
        this.#left = this.#left * 16 + digit;
        continue;
      }
      if (this.#count === 0) return this.#malformed('a chunk size is not a hexadecimal number', end);
      if (byte === CR) this.#state = 'size_end';
      else if (byte === SEMICOLON) {
        this.#state = 'extension';
        this.#count = 0;
      } else return this.#malformed('a chunk size is not a hexadecimal number', end);
      return at + 1;
    }
    return end;
  }

  /** Extensions of a chunk mean nothing to us (RFC 9112 §7.1.1). */
  #extension(chunk: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = chunk[at]!;
      if (byte === CR) {
        this.#state = 'size_end';
        return at + 1;
      }
      if ((byte < 32 && byte !== 9) || byte === 127) return this.#malformed('a chunk extension is malformed', end);
      if (++this.#count > MOST_EXTENSION_BYTES) return this.#malformed('a chunk extension is too long', end);
    }
    return end;
  }

  #chunkBegins(): void {
    if (this.#left > 0) {
      if (this.#body.length + this.#left > this.#limitBytes) this.#fail('body_too_large', '');
      else this.#state = 'data';
      return;
    }
    this.#state = 'last_chunk';
  }

  /** Nearly always there are no trailers. */
  #afterLastChunk(chunk: Buffer, at: number, end: number): number {
    if (at + 1 < end && chunk[at] === CR && chunk[at + 1] === LF) {
      this.#complete(true);
      return at + 2;
    }
    // The section ends with an empty line; with a CRLF in front that holds for an empty section, too.
    this.#held ??= Buffer.allocUnsafe(MOST_HEAD_BYTES);
    this.#heldBytes = this.#held.write('\r\n', 'latin1');
    this.#state = 'trailers';
    return at;
  }

  #chunkEnds(chunk: Buffer, at: number, end: number): number {
    if (chunk[at] !== (this.#sawCr ? LF : CR)) return this.#malformed('a chunk does not end where it said', end);
    if (this.#sawCr) this.#toSize();
    else this.#sawCr = true;
    return at + 1;
  }

  #complete(framed: boolean): void {
    this.reusable &&= framed;
    this.#state = 'over';
  }

  #malformed(detail: string, end: number): number {
    this.#fail('malformed', detail);
    return end;
  }

  #tooLong(end: number): number {
    if (this.#state === 'trailers') this.#fail('malformed', 'the trailers are too large');
    else this.#fail('headers_too_large', '');
    return end;
  }

  #fail(kind: ResponseProblem['kind'], detail: string): void {
    this.problem = { kind, detail };
    this.reusable = false;
    this.#state = 'over';
  }
}

const BEGINNING = Buffer.from('HTTP/1.');

function beginsLikeHttp(bytes: Buffer, length: number): boolean {
  const compared = Math.min(length, BEGINNING.length);
  return bytes.compare(BEGINNING, 0, compared, 0, compared) === 0;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
