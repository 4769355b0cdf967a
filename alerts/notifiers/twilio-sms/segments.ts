/** The basic alphabet of GSM 03.38 (3GPP TS 23.038 §6.2.1), one septet a letter. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension table: an escape and a letter, two septets. */
const EXTENDED = new Set('^{}\\[~]|€\f');

/** Of a message alone, and of each of several: the rest of the 140 bytes says how they belong together. */
const SEPTETS = { alone: 160, each: 153 };
const UNITS = { alone: 70, each: 67 };

/** Typographic signs that people don't miss, but that would turn a whole message into UCS-2 with half the room. */
const PLAIN: Readonly<Record<string, string>> = {
  '·': '-',
  '…': '...',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '•': '-',
  '→': '->',
  '\u00a0': ' ',
  '`': "'",
  '\t': ' ',
};

/** With signs that phones know. */
export function plain(text: string): string {
  return text.replace(/[·…–—‘’“”„•→\u00a0`\t]/g, (sign) => PLAIN[sign]!);
}

/** How many messages a phone company makes of it. */
export function segments(text: string): number {
  const letters = [...text];
  const inBasic = letters.every((letter) => BASIC.has(letter) || EXTENDED.has(letter));
  const room = inBasic ? SEPTETS : UNITS;
  const sizeOf = (letter: string) => (inBasic ? (EXTENDED.has(letter) ? 2 : 1) : letter.length);
  const whole = letters.reduce((sum, letter) => sum + sizeOf(letter), 0);
  if (whole <= room.alone) return 1;
  let count = 1;
  let used = 0;
  for (const letter of letters) {
    // What takes two places is never torn: it begins the next message.
    if (used + sizeOf(letter) > room.each) {
      count++;
      used = 0;
    }
    used += sizeOf(letter);
  }
  return count;
}

/** The text up to so many messages, an ellipsis where it was cut. Letters are never torn in two. */
export function cutToSegments(text: string, most: number): string {
  if (segments(text) <= most) return text;
  const letters = [...text];
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (segments(`${letters.slice(0, middle).join('')}...`) <= most) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${letters.slice(0, low).join('').trimEnd()}...`;
}
