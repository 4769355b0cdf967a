import { cut } from '../../../core/plain-text.ts';
import { escapeXml } from '../markup.ts';
import { phrasesOf } from './phrases.ts';
import { sayPage, sayPhrase, type Voice } from './say.ts';

/** Twilio refuses a longer `Twiml` parameter: https://www.twilio.com/docs/voice/api/call-resource */
const LONGEST_TWIML = 4_000;
const TIMES_SPOKEN = 3;
/** After the last word, for somebody who looks for the keys. */
const WAIT_SECONDS = 5;
/** Nobody listens that often; a phone that presses keys by itself must not keep a line busy. */
export const MOST_TURNS = 20;

export interface Keys {
  /** Where Twilio sends the key, without a query. */
  answerUrl: string;
  incident: string;
  /** When the call was made, Unix seconds. It stands in every address of the call, which Twilio signs. */
  placed: number;
  /** Counts the menus of a call, so that no two requests of it are alike: what comes twice is a replay. */
  turn: number;
  /** Whether 6 was pressed while it failed: the next one asks for quiet. */
  again: boolean;
  /** Of the person who is called, so that the next words are in it, too; null for that of the channel. */
  language: string | null;
}

/**
 * Speaks the page and takes a key at any word of it. Without `keys` it is only spoken.
 * @param next whom the next escalation step tells
 * @returns TwiML within the length that a new call may have
 */
export function pageTwiml(speech: string, voice: Voice, keys: Keys | null, next: string | null): string {
  const phrases = phrasesOf(voice.language);
  const menu = keys ? `<Pause length="1"/>${sayPhrase(phrases.menu(next), voice)}` : '';
  const end = keys ? sayPhrase(phrases.nobodyPressed, voice) : '';
  const document = (times: number, text: string) => {
    const spoken = Array(times)
      .fill(`${sayPage(text, voice)}${menu}`)
      .join('<Pause length="2"/>');
    return `<Response>${keys ? gather(keys, spoken) : spoken}${end}</Response>`;
  };
  for (let times = TIMES_SPOKEN; times > 0; times--) {
    if (document(times, speech).length <= LONGEST_TWIML) return document(times, speech);
  }
  let text = cut(speech, LONGEST_TWIML);
  while (document(1, text).length > LONGEST_TWIML) text = text.slice(0, Math.floor(text.length * 0.9));
  return document(1, text);
}

/** Says one phrase, and ends the call. */
export function farewell(phrase: string, voice: Voice): string {
  return `<Response>${sayPhrase(phrase, voice)}<Hangup/></Response>`;
}

/** Says what is to be said before the next key. */
export function ask(spoken: string, voice: Voice, keys: Keys): string {
  const end = sayPhrase(phrasesOf(voice.language).nobodyPressed, voice);
  return `<Response>${gather(keys, spoken)}${end}</Response>`;
}

export function callbackUrl(answerUrl: string, query: Record<string, string>): string {
  return `${answerUrl}?${new URLSearchParams(query)}`;
}

/** An empty `finishOnKey` makes `#` a key like others. */
function gather({ answerUrl, incident, placed, turn, again, language }: Keys, spoken: string): string {
  const query = {
    on: 'key',
    incident,
    placed: String(placed),
    turn: String(turn),
    ...(again ? { again: '1' } : {}),
    ...(language ? { language } : {}),
  };
  const action = escapeXml(callbackUrl(answerUrl, query));
  return `<Gather input="dtmf" numDigits="1" finishOnKey="" timeout="${WAIT_SECONDS}" method="POST" action="${action}">${spoken}</Gather>`;
}
