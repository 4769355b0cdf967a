import type { ExchangeResponse } from '../exchange.ts';

const LARGEST = 2 ** 20;
const MOST_TAGS = 40_000;
export const DEEPEST = 500;
export const TOO_DEEP = `the body is nested deeper than ${DEEPEST} elements`;

/** An answer that can be searched as a document: what holds the thread that schedules and pages is none. */
export function documentText({ bytes, text }: ExchangeResponse): { text: string } | { error: string } {
  if (bytes.length === 0) return { error: 'the body is empty' };
  if (bytes.length > LARGEST) return { error: 'the body is larger than 1 MiB, too large to be searched as a document' };
  let tags = 0;
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) tags++;
  return tags > MOST_TAGS
    ? { error: `the body has more than ${MOST_TAGS.toLocaleString('en')} tags, too many to be searched as a document` }
    : { text };
}

/** Whether a body is XML and not HTML: what the server says, or else how it begins. */
export function isXml({ headers, text }: ExchangeResponse): boolean {
  const type = headers.get('content-type')?.toLowerCase() ?? '';
  if (/[/+]xml\b/.test(type)) return true;
  if (type.includes('html')) return false;
  return !/^\s*(?:<!doctype html|<html[\s>])/i.test(text.slice(0, 1_000));
}

/** Whether an XML text opens more elements within each other than a parser should be asked to bear. */
export function isTooDeep(xml: string): boolean {
  let depth = 0;
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at + 1)) {
    const closing = xml.startsWith('<!--', at) ? '-->' : xml.startsWith('<![CDATA[', at) ? ']]>' : '>';
    const end = xml.indexOf(closing, at);
    if (end < 0) return false;
    const first = xml[at + 1];
    if (first === '/') depth--;
    else if (first !== '!' && first !== '?' && xml[end - 1] !== '/') depth++;
    if (depth > DEEPEST) return true;
    at = end;
  }
  return false;
}

/** How much of its work a search may still do. */
export class Steps {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Throws when none is left: nothing else stops a library. */
  take(count = 1): void {
    this.#left -= count;
    if (this.#left < 0) throw new Error('it took too many steps on this body');
  }
}

/** What a library says by an exception: not well-formed, nested too deeply for its recursion, or out of steps. */
export function whyNot(error: unknown): string {
  return error instanceof RangeError ? 'the body is nested too deeply' : (error as Error).message;
}
