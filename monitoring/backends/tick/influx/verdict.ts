import { type HttpAnswer, isRetryable, retryAfterMs } from '../../../http/send.ts';
import { wordsOf } from './client.ts';

/** What InfluxDB said to a write. */
export type Verdict =
  | { said: 'written' }
  /** Some or all of it was refused for good; `dropped` is how many points where it says so. */
  | { said: 'refused'; reason: string; words: string; dropped: number | undefined }
  | { said: 'too_large'; words: string }
  /** The database, its retention policy or the bucket is not there. */
  | { said: 'missing'; error: Error }
  | { said: 'later'; error: Error; retryAfterMs?: number };

/** @param nowMs Unix milliseconds */
export function judge(answer: HttpAnswer, nowMs: number): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { said: 'written' };
  const words = wordsOf(answer);
  // 1.x answers 400 to a partial write, v2 422, v3 400.
  if (status === 400 || status === 422) return refusal(words);
  if (status === 413) return { said: 'too_large', words };
  // 1.x answers 500 to a retention policy that is not there.
  if (status === 404 || /^retention policy not found/.test(words))
    return { said: 'missing', error: error(status, words) };
  if (status === 401 || status === 403) {
    return {
      said: 'later',
      error: error(status, `${words}; check username and password, or the token, of this backend`),
    };
  }
  const wait = retryAfterMs(answer, nowMs);
  if (isRetryable(status))
    return { said: 'later', error: error(status, words), ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  return { said: 'later', error: error(status, `${words}; is url the address of InfluxDB?`) };
}

function refusal(words: string): Verdict {
  const dropped = /\bdropped=(\d+)/.exec(words);
  const isUnparsed = /unable to parse/.test(words);
  return {
    said: 'refused',
    reason: reasonOf(words),
    words: words.slice(0, 1_000),
    // Lines that could not be read are not counted there: 1.x says dropped=0.
    dropped: dropped && !isUnparsed ? Number(dropped[1]) : undefined,
  };
}

/** The words without what differs from point to point. */
function reasonOf(words: string): string {
  const first = words.split('\n', 1)[0]!;
  const unparsed = /unable to parse '.*': (.*)$/.exec(first);
  return (unparsed ? `unable to parse: ${unparsed[1]}` : first)
    .replace(/^.*partial write: /, '')
    .replace(/,?\s*dropped=\d+.*$/, '')
    .replace(/ value="(?:[^"\\]|\\.)*"/, '')
    .slice(0, 300);
}

function error(status: number, words: string): Error {
  return new Error(`InfluxDB answered ${status}: ${words.slice(0, 500)}`);
}
