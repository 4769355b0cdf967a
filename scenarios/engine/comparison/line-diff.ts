/** One line of a text under comparison. Lines with the same token are taken for the same line. */
export interface Line {
  text: string;
  token: string;
  varies: boolean;
}

export interface DiffLine {
  change: 'same' | 'added' | 'removed';
  text: string;
  /** This field differs between passing runs too (ids, times). */
  always_varies: boolean;
}

/** Cells of the table that a comparison may fill; past it, the differing middle is replaced as a whole. */
const MOST_CELLS = 4_000_000;

/** The shortest list of removed and added lines that leads from `before` to `now`. */
export function diffLines(before: readonly Line[], now: readonly Line[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < now.length && before[start]!.token === now[start]!.token) start++;
  let tail = 0;
  while (
    tail < before.length - start &&
    tail < now.length - start &&
    before[before.length - 1 - tail]!.token === now[now.length - 1 - tail]!.token
  ) {
    tail++;
  }
  const out: DiffLine[] = [];
  for (let index = 0; index < start; index++) pair(out, before[index]!, now[index]!);
  middle(out, before.slice(start, before.length - tail), now.slice(start, now.length - tail));
  for (let index = tail; index > 0; index--) pair(out, before[before.length - index]!, now[now.length - index]!);
  return out;
}

function middle(out: DiffLine[], before: readonly Line[], now: readonly Line[]): void {
  const width = now.length + 1;
  let left = 0;
  let right = 0;
  if (before.length * now.length <= MOST_CELLS) {
    const common = longestCommon(before, now, width);
    while (left < before.length && right < now.length) {
      if (before[left]!.token === now[right]!.token) pair(out, before[left++]!, now[right++]!);
      else if (common[(left + 1) * width + right]! >= common[left * width + right + 1]!) removed(out, before[left++]!);
      else added(out, now[right++]!);
    }
  }
  for (; left < before.length; left++) removed(out, before[left]!);
  for (; right < now.length; right++) added(out, now[right]!);
}

/** Row-major table: how many lines the rests of both texts have in common. */
function longestCommon(before: readonly Line[], now: readonly Line[], width: number): Uint16Array {
  const table = new Uint16Array((before.length + 1) * width);
  for (let left = before.length - 1; left >= 0; left--) {
    for (let right = now.length - 1; right >= 0; right--) {
      table[left * width + right] =
        before[left]!.token === now[right]!.token
          ? table[(left + 1) * width + right + 1]! + 1
          : Math.max(table[(left + 1) * width + right]!, table[left * width + right + 1]!);
    }
  }
  return table;
}

function pair(out: DiffLine[], before: Line, now: Line): void {
  if (before.text === now.text) {
    out.push({ change: 'same', text: now.text, always_varies: false });
    return;
  }
  removed(out, before);
  added(out, now);
}

function removed(out: DiffLine[], line: Line): void {
  out.push({ change: 'removed', text: line.text, always_varies: line.varies });
}

function added(out: DiffLine[], line: Line): void {
  out.push({ change: 'added', text: line.text, always_varies: line.varies });
}
