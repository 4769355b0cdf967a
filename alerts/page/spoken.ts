import { spokenQuantities } from './quantities.ts';

const LONGEST_SPOKEN = 140;

const ADDRESS = '\\[?\\b\\d{1,3}(?:\\.\\d{1,3}){3}\\]?(?::\\d+)?\\b';
const SYSTEM_CODES: readonly [RegExp, string][] = [
  // After a code, or alone in brackets, an address tells nothing that a listener could use.
  [new RegExp(`\\b(E[A-Z]{3,}) ${ADDRESS}`, 'g'), '$1'],
  [new RegExp(`\\s*\\(${ADDRESS}\\)`, 'g'), ''],
  [/\b(connect )?ECONNREFUSED\b/g, 'connection refused'],
  [/\b(read )?ECONNRESET\b/g, 'connection reset'],
  [/\b(getaddrinfo )?(ENOTFOUND|EAI_AGAIN)\b/g, 'name not found'],
  [/\b(connect )?ETIMEDOUT\b/g, 'timed out'],
  [/\bEPIPE\b/g, 'connection broken'],
];

const UNSPEAKABLE: readonly [RegExp, string][] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, 'a link'],
  [new RegExp(ADDRESS, 'g'), 'an address'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, 'an id'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, 'an id'],
];

/** What steers terminals, breaks lines or turns writing around. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
/** `/v1/posts/{id}`, which voices spell with every slash. */
const PATH = /(?<![^\s(])(?:\/[^\s/,;:()]+)+\/?/g;

/**
 * A message as a voice can say it, on one line: no ids, addresses, links, markup or punctuation that is read aloud.
 * @returns at most 140 characters, cut at a clause or a word
 */
export function spoken(text: string): string {
  let said = (text.split(/\r?\n/)[0] ?? '').toWellFormed().replace(UNSEEN, ' ');
  for (const [pattern, words] of [...SYSTEM_CODES, ...UNSPEAKABLE]) said = said.replace(pattern, words);
  said = spokenQuantities(said)
    .replace(PATH, (path) => path.split('/').join(' '))
    .replace(/[<>"'`{}()[\]|\\*#=]/g, ' ')
    .replace(/(\p{L}|\d)[_](?=\p{L}|\d)/gu, '$1 ')
    .replace(/[_]/g, ' ')
    .replace(/(\p{L})\.(?=\p{L})/gu, '$1 ')
    .replace(/\s*[:;]\s+/g, ', ')
    .replace(/\s+([,.])/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/[\s,.;:]+$/, '')
    .trim();
  if (said.length <= LONGEST_SPOKEN) return said;
  const cut = said.slice(0, LONGEST_SPOKEN);
  // Half a clause, such as "more than", says less than none.
  const clause = cut.lastIndexOf(', ');
  const end = clause >= (LONGEST_SPOKEN * 2) / 3 ? clause : Math.max(cut.lastIndexOf(' '), LONGEST_SPOKEN / 2);
  return cut.slice(0, end).replace(/[\s,]+$/, '');
}
