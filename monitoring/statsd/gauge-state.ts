import type { SpoolPosition } from '../exporter.ts';

/** Level of one gauge after each record that touched it, oldest first. */
interface History {
  positions: SpoolPosition[];
  levels: number[];
}

const MAX_GAUGES = 50_000;
const MAX_LEVELS = 200_000;

/**
 * What gauges stood at, so that `+3` and `-3` have something to change. Remembered per record, so that a record that
 * comes again (a retry, a lost answer) is reckoned from the level before it and comes out the same. Lives as long as
 * the process: after a restart a signed line starts from 0, as with any StatsD server. Bounded: past 200,000 levels
 * each gauge keeps its last one only, and past 50,000 gauges those not seen longest are forgotten.
 */
export class GaugeState {
  readonly #gauges = new Map<string, History>();
  #levels = 0;

  /** Before the record at `position`; 0 when nothing is known. */
  levelBefore(gauge: string, position: SpoolPosition): number {
    const history = this.#gauges.get(gauge);
    if (!history) return 0;
    let index = history.positions.length - 1;
    while (index > 0 && history.positions[index]! >= position) index--;
    return history.positions[index]! < position ? history.levels[index]! : 0;
  }

  /** After the record at `position`. */
  setLevel(gauge: string, position: SpoolPosition, level: number): void {
    const history = this.#gauges.get(gauge) ?? { positions: [], levels: [] };
    // Last in the map means seen last.
    this.#gauges.delete(gauge);
    this.#gauges.set(gauge, history);
    const { positions, levels } = history;
    let index = positions.length;
    while (index > 0 && positions[index - 1]! >= position) index--;
    const isKnown = positions[index] === position;
    positions.splice(index, isKnown ? 1 : 0, position);
    levels.splice(index, isKnown ? 1 : 0, level);
    if (!isKnown) this.#levels++;
    if (this.#gauges.size > MAX_GAUGES) this.#forget(this.#gauges.keys().next().value!);
    if (this.#levels > MAX_LEVELS) this.#keepLast();
  }

  #forget(gauge: string): void {
    this.#levels -= this.#gauges.get(gauge)!.positions.length;
    this.#gauges.delete(gauge);
  }

  #keepLast(): void {
    for (const { positions, levels } of this.#gauges.values()) {
      positions.splice(0, positions.length - 1);
      levels.splice(0, levels.length - 1);
    }
    this.#levels = this.#gauges.size;
  }
}
