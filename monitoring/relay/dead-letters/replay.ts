import { RingdownError } from '../../../core/errors.ts';
import type { Batch, Exported, Signal } from '../../exporter.ts';
import { type Counts, SIGNALS } from '../counts.ts';
import { nothingSettled } from '../fan-out/cursor-file.ts';
import type { Booking } from '../fan-out/ledger.ts';
import { type Reasons, type Refused, type Settlement, settle } from '../fan-out/settlement.ts';
import type { Shape } from '../shaping/shape.ts';
import type { ReadLimits } from '../spool/spool.ts';
import type { DeadLetters } from './dead-letters.ts';
import { countOf, type Letter } from './letter.ts';

/** What came of a replay. */
export interface Replayed {
  /** Records that were handed over once more, and settled. */
  replayed: number;
  /** Items that had been refused and were taken now. */
  delivered: number;
  /** Refused once more; they stay dead letters. */
  rejected: number;
  /** Left out by the filter that the backend has now, or by the backend itself. */
  filtered: number;
  /** Not settled, because the backend does not take data now or the replay was called off. */
  waiting: number;
}

export interface ReplayDeps {
  deadLetters: DeadLetters;
  /** Of one call of `export`. */
  limits: ReadLimits;
  /** All when undefined. */
  ids: readonly string[] | undefined;
  abort: AbortSignal;
  shape: Shape | undefined;
  exportOnce(batch: Batch): Promise<Exported | undefined>;
  /** Books the outcome, durably; `gone` are the letters that are none any more. */
  settle(before: Reasons, now: Booking, gone: string[]): Promise<void>;
  /** What is gone has left the disk. */
  settled(): void;
}

/**
 * Hands dead letters to the exporter again, the same records in the same order. What is taken now goes; what is refused
 * stays, with the new reason.
 * @throws RingdownError `BACKEND_AWAY` when the backend settles nothing at all
 */
export async function replay(deps: ReplayDeps): Promise<Replayed> {
  const total: Replayed = { replayed: 0, delivered: 0, rejected: 0, filtered: 0, waiting: 0 };
  const ids = [...(deps.ids ?? deps.deadLetters.ids)].sort((a, b) => Number(a) - Number(b));
  let failure: Error | undefined;
  for (let first = 0; first < ids.length; ) {
    const { letters, next } = await gather(deps, ids, first);
    first = next;
    const waiting = letters.reduce((sum, letter) => sum + countOf(letter.reasons), 0);
    if (failure || deps.abort.aborted) {
      total.waiting += waiting;
      continue;
    }
    const outcome = await replayChunk(deps, letters);
    for (const key of ['replayed', 'delivered', 'rejected', 'filtered', 'waiting'] as const) total[key] += outcome[key];
    if (outcome.waiting > 0) failure = outcome.error ?? new Error('it asks to come again');
  }
  if (failure && total.replayed === 0) {
    throw new RingdownError('BACKEND_AWAY', `nothing was taken: ${failure.message}`, {
      hint: 'the dead letters are kept; try again once the backend takes data',
    });
  }
  return total;
}

/** The next letters that fit in one call. */
async function gather({ deadLetters, limits }: ReplayDeps, ids: readonly string[], first: number) {
  const letters: Letter[] = [];
  let items = 0;
  let bytes = 0;
  let next = first;
  while (next < ids.length) {
    const letter = await deadLetters.read(ids[next]!);
    if (letter) {
      items += letter.record.items;
      bytes += letter.record.bytes.length;
      if (letters.length > 0 && (items > limits.maxItems || bytes > limits.maxBytes)) break;
      letters.push(letter);
    }
    next++;
  }
  return { letters, next };
}

async function replayChunk(deps: ReplayDeps, letters: Letter[]): Promise<Replayed & { error?: Error }> {
  const total: Replayed = { replayed: 0, delivered: 0, rejected: 0, filtered: 0, waiting: 0 };
  const records = letters.map(({ record }) => record);
  const shaped = deps.shape?.(records);
  const kept = shaped?.records ?? records;
  const exported = await exportKept(deps, { records: kept, end: (records.at(-1)?.position ?? 0) + 1 });
  const waits = new Set(exported.retry?.records.map(({ position }) => position));
  const part = settle({ records: kept, end: 0 }, exported);
  const refused = new Map<number, Refused>();
  for (const each of [...(shaped?.refused ?? []), ...part.refused]) refused.set(each.record.position, each);
  const unplaced = unplacedOf(part);
  const itemsKept = new Map(kept.map(({ position, items }) => [position, items]));
  const leftOut = leftOutOf(
    part,
    letters.filter(({ record }) => !waits.has(record.position)),
    itemsKept,
  );
  const before: Reasons = new Map();
  const now: Booking = { settled: nothingSettled(), reasons: new Map() };
  const gone: string[] = [];
  const again: Refused[] = [];
  for (const letter of letters) {
    const { position, signal, items } = letter.record;
    const count = countOf(letter.reasons);
    if (waits.has(position)) {
      total.waiting += count;
      continue;
    }
    const still = refused.get(position);
    const reasons = capped(still?.reasons ?? takeUnplaced(unplaced, signal, count), count);
    const rejected = countOf([...reasons]);
    const wasShaped = shaped !== undefined && !still && itemsKept.get(position) !== items;
    let filtered = wasShaped ? Math.min(count - rejected, items - (itemsKept.get(position) ?? 0)) : 0;
    const unsaid = Math.min(count - rejected - filtered, leftOut[signal]);
    leftOut[signal] -= unsaid;
    filtered += unsaid;
    total.replayed++;
    total.rejected += rejected;
    total.filtered += filtered;
    total.delivered += count - rejected - filtered;
    now.settled.delivered[signal] += count - rejected - filtered;
    now.settled.filtered[signal] += filtered;
    add(before, letter.reasons);
    add(now.reasons, reasons);
    if (rejected === 0) gone.push(letter.id);
    else if (!isSame(letter.reasons, reasons)) again.push({ record: letter.record, reasons });
  }
  await deps.deadLetters.keep(again);
  await deps.settle(before, now, gone);
  await deps.deadLetters.remove(gone);
  deps.settled();
  return { ...total, ...(exported.error ? { error: exported.error } : {}) };
}

async function exportKept(deps: ReplayDeps, batch: Batch): Promise<Exported> {
  if (batch.records.length === 0) return { accepted: {}, rejected: [] };
  const calledOff = { accepted: {}, rejected: [], retry: batch, error: new Error('it was called off') };
  return (await deps.exportOnce(batch)) ?? calledOff;
}

/** Refused items of which the exporter did not say where they are. */
function unplacedOf({ settled, refused }: Settlement): Counts {
  const counts = { ...settled.rejected };
  for (const { record, reasons } of refused) counts[record.signal] -= countOf([...reasons]);
  return counts;
}

/**
 * Refused items that the exporter itself leaves out now: what it leaves out beyond all that was not refused before, since
 * it does not say which.
 */
function leftOutOf({ settled }: Settlement, letters: Letter[], itemsKept: ReadonlyMap<number, number>): Counts {
  const counts = { ...settled.filtered };
  for (const { record, reasons } of letters) {
    counts[record.signal] -= Math.max(0, (itemsKept.get(record.position) ?? 0) - countOf(reasons));
  }
  for (const signal of SIGNALS) counts[signal] = Math.max(0, counts[signal]);
  return counts;
}

/** They count for the first records that could hold them, so that none is called delivered that is not. */
function takeUnplaced(unplaced: Counts, signal: Signal, most: number): Reasons {
  const count = Math.min(most, unplaced[signal]);
  unplaced[signal] -= count;
  return new Map(count > 0 ? [['refused, and the exporter does not say which items', count]] : []);
}

/** A letter never grows: what its record holds besides was settled when it came first. */
function capped(reasons: Reasons | undefined, most: number): Reasons {
  const kept: Reasons = new Map();
  let left = most;
  for (const [reason, count] of reasons ?? []) {
    const part = Math.min(count, left);
    if (part > 0) kept.set(reason, part);
    left -= part;
  }
  return kept;
}

function add(reasons: Reasons, more: Iterable<[string, number]>): void {
  for (const [reason, count] of more) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
}

function isSame(before: readonly [string, number][], now: Reasons): boolean {
  return before.length === now.size && before.every(([reason, count]) => now.get(reason) === count);
}
