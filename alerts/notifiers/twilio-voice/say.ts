import { escapeXml } from '../markup.ts';
import { phrasesOf } from './phrases.ts';

export interface Voice {
  /** As in the settings: how the phrases are said. */
  language: string;
  voice: string | undefined;
}

/** A stretch of text in one language. */
interface Part {
  language: string;
  text: string;
}

const SCRIPTS: readonly [RegExp, string][] = [
  [/\p{Script=Hangul}/u, 'ko-KR'],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja-JP'],
  [/\p{Script=Han}/u, 'zh-CN'],
  [/\p{Script=Cyrillic}/u, 'ru-RU'],
  [/\p{Script=Greek}/u, 'el-GR'],
  [/\p{Script=Hebrew}/u, 'he-IL'],
  [/\p{Script=Arabic}/u, 'ar-XA'],
  [/\p{Script=Thai}/u, 'th-TH'],
  [/\p{Script=Devanagari}/u, 'hi-IN'],
];
/** A text that changes more often is read as one. */
const MOST_PARTS = 12;
const PRIORITY = /^Priority (one|two|three|four)\.\s*/;

/**
 * The page's own words, each in the language that it is written in: pages are composed in English, names and errors come
 * as they are. A Korean voice reads English letters badly, and an English one no Hangul at all.
 */
export function sayPage(speech: string, voice: Voice): string {
  const phrases = phrasesOf(voice.language);
  const english = voice.language.startsWith('en-');
  const [found, number] = english ? [] : (PRIORITY.exec(speech) ?? []);
  const lead = number ? phrases.priority(['one', 'two', 'three', 'four'].indexOf(number) + 1) : '';
  const rest = speech.slice(found?.length ?? 0);
  const parts = partsOf(rest, english ? voice.language : 'en-US', voice.language);
  return (
    (lead ? say(lead, phrases.language, voice) : '') +
    parts.map((part) => say(part.text, part.language, voice)).join('')
  );
}

/** One of the phrases. */
export function sayPhrase(text: string, voice: Voice): string {
  return say(text, phrasesOf(voice.language).language, voice);
}

function say(text: string, language: string, voice: Voice): string {
  // A voice speaks one language.
  const named = voice.voice && language === voice.language ? ` voice="${escapeXml(voice.voice)}"` : '';
  return `<Say language="${language}"${named}>${escapeXml(text)}</Say>`;
}

function partsOf(text: string, latin: string, own: string): Part[] {
  const parts: Part[] = [];
  for (const word of text.split(/(?<=\s)/)) {
    const last = parts.at(-1);
    const language = languageOf(word, latin, own) ?? last?.language ?? latin;
    if (last?.language === language) last.text += word;
    else parts.push({ language, text: word });
  }
  return parts.length <= MOST_PARTS ? parts : [{ language: parts[0]!.language, text }];
}

function languageOf(word: string, latin: string, own: string): string | null {
  const [, language] = SCRIPTS.find(([script]) => script.test(word)) ?? [];
  if (!language) return /\p{Letter}/u.test(word) ? latin : null;
  // Japanese is written with the same signs, and so is what people of Taiwan and Hong Kong read.
  if (language === 'zh-CN' && /^(ja|zh|cmn|yue)-/.test(own)) return own;
  return language.split('-')[0] === own.split('-')[0] ? own : language;
}
