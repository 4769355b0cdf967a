import { encodePng } from '../../core/png.ts';

/** How one run of a monitor went. */
export interface PicturedRun {
  status: 'passed' | 'failed' | 'error' | 'skipped';
  duration_ms: number;
}

/** As many runs as a picture has room for. */
export const RUNS_PICTURED = 60;

const WIDTH = 600;
const HEIGHT = 120;
const EDGE = 6;
const BAR = (WIDTH - 2 * EDGE) / RUNS_PICTURED;
/** Below the bars, for the marks of those that failed. */
const LANE = 12;
const MARK = 6;
const TALLEST = HEIGHT - LANE - 2 * EDGE;
const SHORTEST = 3;

const PALETTE = [
  [255, 255, 255],
  [208, 213, 221],
  [18, 128, 92],
  [217, 45, 32],
  [16, 24, 40],
] as const;
const [PAPER, GREY, GREEN, RED, INK] = [0, 1, 2, 3, 4];
const COLOUR = { passed: GREEN, failed: RED, error: RED, skipped: GREY };

/**
 * The latest runs of a monitor as a PNG of 600 × 120: a bar for each, the newest on the right, as high as it took long,
 * green where it passed and red with a black mark below where it failed, so that colours are not needed to tell.
 * @param runs oldest first; of more than 60 the last
 */
export function runPicture(runs: readonly PicturedRun[]): Buffer {
  const dots = new Uint8Array(WIDTH * HEIGHT);
  const fill = (left: number, top: number, width: number, height: number, colour: number) => {
    for (let row = Math.round(top); row < Math.round(top + height); row++) {
      dots.fill(colour, row * WIDTH + Math.round(left), row * WIDTH + Math.round(left + width));
    }
  };
  const shown = runs.slice(-RUNS_PICTURED);
  const longest = Math.max(1, ...shown.map(({ duration_ms }) => duration_ms));
  const ground = EDGE + TALLEST;
  fill(0, 0, WIDTH, HEIGHT, PAPER);
  fill(EDGE, ground, WIDTH - 2 * EDGE, 1, GREY);
  for (const [index, { status, duration_ms }] of shown.entries()) {
    const left = EDGE + (RUNS_PICTURED - shown.length + index) * BAR;
    const height = Math.max(SHORTEST, (TALLEST * duration_ms) / longest);
    fill(left + 1, ground - height, BAR - 2, height, COLOUR[status]);
    if (COLOUR[status] === RED) fill(left + (BAR - MARK) / 2, ground + (LANE - MARK) / 2 + 1, MARK, MARK, INK);
  }
  return encodePng({ width: WIDTH, height: HEIGHT, palette: PALETTE, dots });
}
