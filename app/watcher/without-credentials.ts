const HIDDEN = '[redacted]';

/**
 * What people write into logs by mistake: the scheme stays, so that one sees what stood there. Each pattern has few places
 * to begin at and goes on from there without coming back: hundreds of lines that strangers wrote are cleaned in a row by
 * the process that pages.
 */
const CREDENTIALS: readonly [RegExp, string][] = [
  // Their values have spaces in them: "Authorization: Token abc", "Cookie: a=b; c=d".
  [/((?:authorization|cookie)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\r\n"']+)/gi, `$1${HIDDEN}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/._~=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/(?<!\w)(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[oprsu]_\w{20,}|xox[a-z]-[\w-]{10,}|[rs]k_live_\w{10,})/g, HIDDEN],
  [/(:\/\/)[^\s/@:]*:[^\s/]+@/g, `$1${HIDDEN}@`],
  [
    /((?:password|passwd|pwd|secret|token|api[_-]?key)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&)}\]]+)/gi,
    `$1${HIDDEN}`,
  ],
];

/** A line of a log without what looks like a credential: it goes where logs do not. What the relay redacted is redacted already. */
export function withoutCredentials(text: string): string {
  let cleaned = text;
  for (const [pattern, words] of CREDENTIALS) cleaned = cleaned.replace(pattern, words);
  return cleaned;
}
