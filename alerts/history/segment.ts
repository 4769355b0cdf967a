import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { SeriesAnswer, SignalAnswer, SignalGroup } from '../rules/signal.ts';
import { type AskedQuestion, questionKey } from './history.ts';

/** What a segment comes to when it is read again: by the key of the question, its turns in the order of their times. */
export interface Segment {
  /** Wall-clock milliseconds: when the watcher began that wrote it. */
  life: number;
  turns: ReadonlyMap<string, readonly Turn[]>;
}

export interface Turn {
  at: number;
  every_ms: number;
  answer: SignalAnswer | null;
}

/** One question. Its turns as written: milliseconds since the one before, what was answered, and the interval where that changed. */
interface Track {
  key: string;
  /** Sets of labels; groups name them by their number. */
  labels: Record<string, string>[];
  turns: [since: number, said: Said, every_ms?: number][];
}

/** `SAME` as before, null for one that could not be asked, a series, or whatever else was answered. */
type Said = typeof SAME | null | WrittenSeries | Exclude<SignalAnswer, SeriesAnswer>;
/** Unit, then for each group: number of its labels, value, samples. */
type WrittenSeries = [unit: string | null, ...groups: (number | null)[]];

interface Written {
  version: 1;
  life: number;
  from: number;
  tracks: Track[];
}

const SAME = 0;
/** A segment that claims more when it is unpacked is damaged, or no segment of ours. */
const LARGEST_BYTES = 64 * 1024 * 1024;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** @param life when this watcher began, wall-clock milliseconds */
export async function encodeSegment(life: number, asked: readonly AskedQuestion[]): Promise<Uint8Array> {
  const from = asked.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const byKey = Map.groupBy(asked, ({ question }) => questionKey(question));
  const written: Written = { version: 1, life, from, tracks: [...byKey].map(([key, own]) => trackOf(key, own, from)) };
  // Its checksum is what tells a damaged one.
  return pack(JSON.stringify(written));
}

/** @returns null for one that is damaged */
export async function decodeSegment(body: Uint8Array): Promise<Segment | null> {
  try {
    const { version, life, from, tracks } = JSON.parse(
      (await unpack(body, { maxOutputLength: LARGEST_BYTES })).toString(),
    ) as Written;
    if (version !== 1) return null;
    return { life, turns: new Map(tracks.map((track) => [track.key, turnsOf(track, from)])) };
  } catch {
    // Whatever is wrong with it, nothing can be read of that time, which whoever asks is told.
    return null;
  }
}

function trackOf(key: string, asked: readonly AskedQuestion[], from: number): Track {
  const labels: Record<string, string>[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (of: SignalGroup['labels']) => {
    const text = JSON.stringify(of);
    const known = numbers.get(text) ?? labels.push(of) - 1;
    numbers.set(text, known);
    return known;
  };
  let last = { at: from, said: '', every_ms: 0 };
  const turns = [...asked]
    .sort((a, b) => a.at - b.at)
    .map(({ at, every_ms, answer }): Track['turns'][number] => {
      const said = sayAnswer(answer, numberOf);
      const text = JSON.stringify(said);
      const turn: Track['turns'][number] = [at - last.at, text === last.said ? SAME : said];
      if (every_ms !== last.every_ms) turn.push(every_ms);
      last = { at, said: text, every_ms };
      return turn;
    });
  return { key, labels, turns };
}

function sayAnswer(answer: SignalAnswer | null, numberOf: (labels: SignalGroup['labels']) => number): Said {
  if (answer === null || !isSeries(answer)) return answer;
  return [
    answer.unit,
    ...answer.groups.flatMap(({ labels, value, samples }) => [numberOf(labels), value, samples]),
  ] satisfies WrittenSeries;
}

function turnsOf({ labels, turns }: Track, from: number): Turn[] {
  let at = from;
  let every_ms = 0;
  let answer: SignalAnswer | null = null;
  return turns.map(([since, said, every = every_ms]) => {
    at += since;
    every_ms = every;
    if (said !== SAME) answer = Array.isArray(said) ? seriesOf(said, labels) : said;
    return { at, every_ms, answer };
  });
}

function seriesOf([unit, ...flat]: WrittenSeries, labels: readonly Record<string, string>[]): SeriesAnswer {
  const groups: SignalGroup[] = [];
  for (let at = 0; at < flat.length; at += 3) {
    groups.push({ labels: labels[flat[at]!]!, value: flat[at + 1]!, samples: flat[at + 2]! });
  }
  return { unit, groups };
}

function isSeries(answer: SignalAnswer): answer is SeriesAnswer {
  return Object.hasOwn(answer, 'groups');
}
