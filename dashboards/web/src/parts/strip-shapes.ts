import type { HistoryKind } from '../monitor/history.ts';

export const STRIP_HEIGHT = 24;
const BAR_WIDTH = 5;
const BAR_STEP = 7;

export type StripKind = HistoryKind | 'empty';

/** Pieces of a bar from the top, [y, height]. Passed ones are low, failed ones high, the others broken: readable without colour. */
const PIECES: Record<StripKind, [y: number, height: number][]> = {
  passed: [[4, 16]],
  degraded: [
    [4, 4],
    [11, 9],
  ],
  // As many pieces as it took attempts, about.
  flaky: [
    [4, 4],
    [10, 4],
    [16, 4],
  ],
  failed: [[0, STRIP_HEIGHT]],
  error: [
    [0, 10],
    [14, 10],
  ],
  skipped: [[10.5, 3]],
  empty: [[11, 2]],
};

/** Width of a strip with so many slots. */
export function stripWidth(slots: number): number {
  return slots * BAR_STEP - (BAR_STEP - BAR_WIDTH);
}

/** Where the slot's bar begins and how wide it is, with a margin: for the mark on the chosen run. */
export function slotBox(slot: number): { x: number; width: number } {
  return { x: slot * BAR_STEP - 1, width: BAR_STEP };
}

/**
 * One SVG path per kind, because a board of hundreds of monitors with a node per run would be slow.
 * @param kinds newest first; fewer than `slots` leave empty slots at the left
 */
export function stripPaths(kinds: HistoryKind[], slots: number): [StripKind, string][] {
  const paths = new Map<StripKind, string>();
  for (let slot = 0; slot < slots; slot++) {
    const kind = kinds[slots - 1 - slot] ?? 'empty';
    const [x, width] = kind === 'empty' ? [slot * BAR_STEP + 1.5, 2] : [slot * BAR_STEP, BAR_WIDTH];
    const pieces = PIECES[kind].map(([y, height]) => `M${x} ${y}h${width}v${height}h-${width}z`).join('');
    paths.set(kind, (paths.get(kind) ?? '') + pieces);
  }
  return [...paths];
}
