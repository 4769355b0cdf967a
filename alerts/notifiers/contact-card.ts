const LONGEST_LINE_BYTES = 75;

/**
 * A vCard 3.0 (RFC 2426) of the number that calls: saved on the phone and allowed through "do not disturb", it rings at
 * night. Lines end in CR LF and are folded at 75 bytes, as phones want it.
 * @param settings an entry of `channels:` of type twilio-voice or twilio-sms
 */
export function contactCard({ from }: { from: string }): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    'PRODID:-//Ringdown//Ringdown//EN',
    `UID:ringdown-${from.replace(/\D/g, '')}`,
    'N:Ringdown;;;;',
    'FN:Ringdown',
    'ORG:Ringdown',
    `TEL;TYPE=VOICE,CELL,PREF:${from}`,
    'CATEGORIES:On-call',
    `NOTE:${escaped('Pages of Ringdown come from this number. Mark it as a favourite, or turn on Emergency Bypass for ringtone and texts, so that it is heard at night.')}`,
    'END:VCARD',
  ];
  return `${lines.map(folded).join('\r\n')}\r\n`;
}

function escaped(text: string): string {
  return text.replace(/[\\,;]/g, '\\$&').replace(/\r?\n/g, '\\n');
}

function folded(line: string): string {
  let rows = '';
  let bytes = 0;
  for (const letter of line) {
    const size = Buffer.byteLength(letter);
    if (bytes + size > LONGEST_LINE_BYTES) {
      rows += '\r\n ';
      bytes = 1;
    }
    rows += letter;
    bytes += size;
  }
  return rows;
}
