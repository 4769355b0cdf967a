const HIDDEN = '[redacted]';

/** What people write into logs by mistake: the scheme stays, so that one sees what stood there. */
const CREDENTIALS: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/._~=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, HIDDEN],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [
    /(["']?\b(?:[a-z0-9]+[_-])*(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|cookie)\b["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&)}\]]+)/gi,
    `$1${HIDDEN}`,
  ],
];

/** A line of a log without what looks like a credential: it goes where logs do not. What the relay redacted is redacted already. */
export function withoutCredentials(text: string): string {
  let cleaned = text;
  for (const [pattern, words] of CREDENTIALS) cleaned = cleaned.replace(pattern, words);
  return cleaned;
}
