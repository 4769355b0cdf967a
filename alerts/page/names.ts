const SHORT_WORDS = new Map([
  ['api', 'API'],
  ['http', 'HTTP'],
  ['sso', 'SSO'],
  ['ui', 'UI'],
  ['db', 'database'],
  ['id', 'ID'],
]);

/** `reference-api` as people say it: "Reference API". */
export function spokenName(name: string): string {
  const words = name
    .split(/[-_\s.]+/)
    .filter(Boolean)
    .map((word) => SHORT_WORDS.get(word.toLowerCase()) ?? word);
  const text = words.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
