import { contentLines, escapedText } from '../content-lines.ts';

/**
 * A vCard 3.0 (RFC 2426) of the number that calls: saved on the phone and allowed through "do not disturb", it rings at
 * night.
 * @param settings an entry of `channels:` of type twilio-voice or twilio-sms
 */
export function contactCard({ from }: { from: string }): string {
  return contentLines([
    'BEGIN:VCARD',
    'VERSION:3.0',
    'PRODID:-//Ringdown//Ringdown//EN',
    `UID:ringdown-${from.replace(/\D/g, '')}`,
    'N:Ringdown;;;;',
    'FN:Ringdown',
    'ORG:Ringdown',
    `TEL;TYPE=VOICE,CELL,PREF:${from}`,
    'CATEGORIES:On-call',
    `NOTE:${escapedText('Pages of Ringdown come from this number. Mark it as a favourite, or turn on Emergency Bypass for ringtone and texts, so that it is heard at night.')}`,
    'END:VCARD',
  ]);
}
