import type { Notification, Page } from '../notifier.ts';
import { oneLine } from '../page/one-line.ts';
import { spoken } from '../page/spoken.ts';

/** Assertions on what is measured of a response, which is none of its content. */
const MEASURED = /^(?:row \d+: )?(?:status|duration|size|number of redirects|time until the certificate ends)\b/;
const NUMBER = /^[\d.,]+( ?[a-zµ%]+)?$/i;
const FACTS_OF_BODIES = new Set(['Expected', 'Actual']);
/** Shorter beginnings stand in a text by chance. */
const TELLING_LENGTH = 4;
const LONGEST_SUBJECT = 200;

/**
 * The page without what the service answered: a body can hold a customer's data, and chats, phones and text messages
 * are read by others. What was looked at stays, with its verdict: `$.email is not as expected`.
 */
export function withoutBodies({ page, incident }: Pick<Notification, 'page' | 'incident'>): Page {
  const { message, actual } = incident.cause;
  if (incident.source !== 'run' || actual === null) return page;
  if (MEASURED.test(message) && NUMBER.test(actual)) return page;
  const bare = bareMessage(message);
  return {
    ...page,
    headline: replaced(page.headline, oneLine(message, Number.POSITIVE_INFINITY), bare),
    speech: replaced(page.speech, spoken(message), spoken(bare)),
    facts: page.facts.filter(({ label }) => !FACTS_OF_BODIES.has(label)),
  };
}

/** `$.email is not as expected`, `$.id is missing`. */
function bareMessage(message: string): string {
  // A value comes after "is", and may say of something else that it is missing.
  const [, missing] = /^((?:row \d+: )?(?:[a-z]+ )?\S{1,200}) is missing\b/.exec(message) ?? [];
  if (missing) return `${oneLine(missing, LONGEST_SUBJECT)} is missing`;
  const [, subject] = /^((?:row \d+: )?\S{1,200})/.exec(message) ?? [];
  return subject ? `${subject} is not as expected` : 'the answer is not as expected';
}

/** A long message stands in the text as far as it fits: then everything from its beginning on is replaced. */
function replaced(text: string, said: string, instead: string): string {
  if (said !== '' && text.includes(said)) return text.replaceAll(said, instead);
  for (let length = said.length - 1; length >= TELLING_LENGTH; length--) {
    const start = text.indexOf(said.slice(0, length));
    if (start >= 0) return `${text.slice(0, start)}${instead}`;
  }
  return text;
}
