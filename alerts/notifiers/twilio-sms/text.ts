import { cut } from '../../../core/plain-text.ts';
import type { Notification, Page } from '../../notifier.ts';
import { cutToSegments, plain, segments } from './segments.ts';

/** More is a letter, not an alarm, and each is paid for. */
const MOST_SEGMENTS = 3;
/** No line needs more of what fits into all of them. */
const LONGEST_LINE = 600;
const CODE_LENGTH = 6;
const ID_PREFIX = 'inc-';

/** What a person types back to name the incident: the first letters of its id. */
export function codeOf(incidentId: string): string {
  return incidentId.replace(/^inc-/, '').slice(0, CODE_LENGTH);
}

/** The beginning of the id that a typed code stands for. */
export function incidentOf(code: string): string {
  return `${ID_PREFIX}${code.toLowerCase()}`;
}

/**
 * The cause first; then where to answer, which is never cut.
 * @param replies whether answers by text message come back
 */
export function textOf({ event, incident }: Notification, page: Page, replies: boolean): string {
  const open = incident.state !== 'resolved' && event !== 'test';
  const code = codeOf(incident.id);
  const tail = [
    page.answer_url ?? page.links[0]?.url ?? '',
    replies && open ? `Reply 4 ${code} to acknowledge, 5 ${code} escalate, 6 ${code} resolve` : '',
  ].filter(Boolean);
  const line = (text: string) => plain(cut(text, LONGEST_LINE));
  const head = [page.headline, page.server_error ? `Server: ${page.server_error}` : ''].filter(Boolean).map(line);
  const facts = page.facts.map(({ label, text }) => line(`${label}: ${text}`));
  // What fits is said in the order of the page; the link and the keys stand last and whole.
  const room = (lines: readonly string[]) => [...lines, ...tail.map(plain)].join('\n');
  for (let count = facts.length; count > 0; count--) {
    const whole = room([...head, ...facts.slice(0, count)]);
    if (segments(whole) <= MOST_SEGMENTS) return whole;
  }
  if (segments(room(head)) <= MOST_SEGMENTS) return room(head);
  return cutAbove(head.join('\n'), tail.map(plain));
}

function cutAbove(head: string, tail: readonly string[]): string {
  const letters = [...head];
  let low = 0;
  let high = letters.length;
  const shortened = (length: number) => [`${letters.slice(0, length).join('').trimEnd()}...`, ...tail].join('\n');
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (segments(shortened(middle)) <= MOST_SEGMENTS) low = middle;
    else high = middle - 1;
  }
  // A link longer than all the room is left to the message that has it.
  return low === 0 ? cutToSegments([head, ...tail].join('\n'), MOST_SEGMENTS) : shortened(low);
}
