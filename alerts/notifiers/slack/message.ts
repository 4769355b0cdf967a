import { cut } from '../../../core/plain-text.ts';
import type { Notification, Page } from '../../notifier.ts';
import { cutEscaped } from '../cut.ts';

// Limits of Block Kit, in characters: https://docs.slack.dev/reference/block-kit/blocks
const HEADER = 150;
const SECTION = 3_000;
const FIELD = 2_000;
const LABEL = 200;
const MOST_FIELDS = 10;
const MOST_BLOCKS = 45;
const BUTTON = 75;
const LONGEST_URL = 3_000;
const MOST_LINKS = 5;
/** A longer `text` is cut by Slack: https://docs.slack.dev/reference/methods/chat.postMessage */
const TEXT = 4_000;

const COLOUR: Partial<Record<Notification['event'], string>> = {
  'incident.triggered': '#d92d20',
  'incident.escalated': '#d92d20',
  'incident.acknowledged': '#dc9a00',
  'incident.resolved': '#12805c',
};
const COLOUR_OF_STATE = { triggered: '#d92d20', acknowledged: '#dc9a00', resolved: '#12805c' };

/** Of the buttons that come back; `value` is the incident's id. */
export const ACTIONS = ['acknowledge', 'escalate', 'resolve'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Message {
  /** The headline: what a notification of Slack's apps and a screen reader say. */
  text: string;
  attachments?: { color: string; blocks: object[] }[];
  blocks?: object[];
}

/**
 * One message for an incident.
 * @param page what may be said of it here
 * @param parts `details`: everything in one message; `answers`: buttons that come back
 */
export function messageOf(
  { event, incident }: Notification,
  page: Page,
  parts: { details: boolean; answers: boolean },
): Message {
  const blocks: object[] = [];
  if (page.server_error) {
    blocks.push({
      type: 'section',
      text: words(`*Server* ${cutEscaped(page.server_error, SECTION - 20, mrkdwn)}`),
    });
  }
  if (parts.details) blocks.push(...factBlocks(page));
  const answers = parts.answers && event !== 'test' ? answerButtons(incident) : [];
  const links = answers.length === 0 && page.answer_url ? [{ label: 'Answer', url: page.answer_url }] : [];
  const elements = [...answers, ...[...links, ...page.links].slice(0, MOST_LINKS).flatMap(linkButton)];
  if (elements.length > 0) blocks.push({ type: 'actions', elements });
  const text = cutEscaped(page.headline, TEXT, mrkdwn) || ' ';
  const colour = event === 'incident.updated' ? COLOUR_OF_STATE[incident.state] : COLOUR[event];
  // Beside blocks `text` is only what is read out; above coloured ones it is shown, and would say the same twice.
  return colour
    ? { text, attachments: blocks.length > 0 ? [{ color: colour, blocks }] : [] }
    : { text, blocks: [headerBlock(page), ...blocks] };
}

function headerBlock({ headline }: Page): object {
  return { type: 'header', text: { type: 'plain_text', text: cut(headline, HEADER) || ' ', emoji: false } };
}

/** The facts, for the thread. */
export function detailsOf(page: Page, text: string): Message {
  return { text: cutEscaped(text, TEXT, mrkdwn), blocks: factBlocks(page) };
}

function factBlocks(page: Page): object[] {
  const blocks: object[] = [];
  for (let start = 0; start < page.facts.length && blocks.length < MOST_BLOCKS; start += MOST_FIELDS) {
    const fields = page.facts
      .slice(start, start + MOST_FIELDS)
      .map(({ label, text }) =>
        words(`*${cutEscaped(label, LABEL, mrkdwn)}*\n${cutEscaped(text, FIELD - LABEL - 3, mrkdwn)}`),
      );
    blocks.push({ type: 'section', fields });
  }
  return blocks;
}

/** `verbatim`: an address in what a service says does not become a link, nor a name a mention. */
function words(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}

function answerButtons({ id, state }: Notification['incident']): object[] {
  const button = (action: Action, label: string, more: object = {}) => ({
    type: 'button',
    action_id: action,
    value: id,
    text: { type: 'plain_text', text: label },
    ...more,
  });
  if (state === 'resolved') return [];
  const resolve = button('resolve', 'Resolve', {
    confirm: {
      title: { type: 'plain_text', text: 'Resolve it?' },
      text: { type: 'plain_text', text: 'Monitors that still fail stay quiet until they pass.' },
      confirm: { type: 'plain_text', text: 'Resolve' },
      deny: { type: 'plain_text', text: 'Not yet' },
    },
  });
  return state === 'acknowledged'
    ? [resolve]
    : [button('acknowledge', 'Acknowledge', { style: 'primary' }), button('escalate', 'Escalate'), resolve];
}

function linkButton({ label, url }: { label: string; url: string }): object[] {
  if (url.length > LONGEST_URL) return [];
  return [{ type: 'button', text: { type: 'plain_text', text: cut(label, BUTTON) }, url }];
}

/**
 * Slack reads `<…>` as links and mentions (`<!channel>` wakes everybody), `&` begins an escape, and a backtick opens
 * code that swallows what follows: https://docs.slack.dev/messaging/formatting-message-text
 */
export function mrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/`/g, "'");
}
