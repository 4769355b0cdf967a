import type { Clock } from '../../core/clock.ts';
import { toError } from '../../core/errors.ts';

/** How long somebody waits for the disk. What was put is kept in memory, and written when the disk is back. */
const WAITS_AT_MOST_MS = 2_000;
const FIRST_PAUSE_MS = 1_000;
/** Senders ask again soon, and what is not on disk must be known not to be. */
const LONGEST_PAUSE_MS = 5_000;

export interface WriteBehindOptions<Value> {
  clock: Clock;
  /** All or nothing. Rejects also while something else must be on disk first. */
  write(values: readonly Value[]): Promise<void>;
  /** The first failure of a row of them, and null when writing works again. Must not throw. */
  onTrouble(error: Error | null): void;
  /** Values that may wait; past it the oldest are forgotten. */
  most: number;
}

/**
 * Rows that are kept in memory and written as soon as the database takes them: the latest of each key, many in one
 * write, tried again for as long as it takes.
 */
export class WriteBehind<Value> {
  readonly #options: WriteBehindOptions<Value>;
  readonly #stop = new AbortController();
  #waiting = new Map<string, Value>();
  #told: ((onDisk: boolean) => void)[] = [];
  #inFlight: { batch: ReadonlyMap<string, Value>; told: ((onDisk: boolean) => void)[] } | undefined;
  #writing: Promise<void> | undefined;
  #trouble = false;
  /** Since the disk took everything that waits: some of it waits no more. */
  #forgot = false;

  constructor(options: WriteBehindOptions<Value>) {
    this.#options = options;
  }

  /** Whether it is on disk; waits two seconds for that, and while the disk is known to be away not at all. */
  async put(key: string, value: Value): Promise<boolean> {
    this.#keep(key, value);
    return this.#onDisk(this.#told);
  }

  /** Whether the last that was put under this key is on disk; waits for it as `put` does. Of what was forgotten, it is not. */
  async written(key: string): Promise<boolean> {
    if (this.#waiting.has(key)) return this.#onDisk(this.#told);
    return this.#inFlight?.batch.has(key) ? this.#onDisk(this.#inFlight.told) : !this.#forgot;
  }

  /** Writes what waits, or gives it up when `abort` fires. */
  async shutdown(abort: AbortSignal): Promise<void> {
    const stop = () => this.#stop.abort();
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop, { once: true });
    await settledOrAborted(this.#writing, abort);
    abort.removeEventListener('abort', stop);
  }

  async #onDisk(tell: ((onDisk: boolean) => void)[]): Promise<boolean> {
    const told = this.#trouble ? undefined : new Promise<boolean>((resolve) => tell.push(resolve));
    this.#writing ??= this.#writeAll();
    if (!told) return false;
    const onDisk = await forAWhile(told, this.#options.clock);
    // Nobody else waits for a disk that hangs.
    if (onDisk === undefined) this.#setTrouble(new Error(`it took longer than ${WAITS_AT_MOST_MS / 1_000} s`));
    return onDisk ?? false;
  }

  #setTrouble(error: Error | null): void {
    if (this.#trouble !== (error !== null)) this.#options.onTrouble(error);
    this.#trouble = error !== null;
  }

  #keep(key: string, value: Value): void {
    this.#waiting.delete(key);
    this.#waiting.set(key, value);
    if (this.#waiting.size <= this.#options.most) return;
    this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#forgot = true;
  }

  async #writeAll(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.#waiting.size > 0 && !this.#stop.signal.aborted) {
      const batch = this.#waiting;
      const told = this.#told;
      this.#waiting = new Map();
      this.#told = [];
      this.#inFlight = { batch, told };
      try {
        await this.#options.write([...batch.values()]);
        this.#setTrouble(null);
        this.#forgot = false;
        pause = FIRST_PAUSE_MS;
        for (const tell of told) tell(true);
      } catch (error) {
        this.#setTrouble(toError(error));
        const newer = this.#waiting;
        this.#waiting = batch;
        for (const [key, value] of newer) this.#keep(key, value);
        // Nobody waits for a disk that is away.
        for (const tell of told) tell(false);
        this.#inFlight = undefined;
        await this.#options.clock.timer(pause, this.#stop.signal).catch(() => {});
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
    }
    this.#inFlight = undefined;
    this.#writing = undefined;
  }
}

/**
 * Waits for the work, but no more than two seconds: a database that is slow holds nobody up. Rejects as the work does.
 * @returns undefined when the time was over first
 */
export async function forAWhile<Result>(work: Promise<Result>, clock: Clock): Promise<Result | undefined> {
  const patience = new AbortController();
  const over = clock.timer(WAITS_AT_MOST_MS, patience.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work, over]);
  } finally {
    patience.abort();
  }
}

/** Tries until it works, ever more slowly. @returns undefined when aborted */
export async function untilDone<Result>(
  clock: Clock,
  work: () => Promise<Result>,
  onTrouble: (error: Error) => void,
  abort: AbortSignal,
): Promise<Result | undefined> {
  let told = false;
  for (let pause = FIRST_PAUSE_MS; !abort.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!told) onTrouble(toError(error));
      told = true;
      await clock.timer(pause, abort).catch(() => {});
    }
  }
  return undefined;
}

/** Waits for work that may hang, but not past `abort`. How it ended is not told. */
export async function settledOrAborted(work: Promise<unknown> | undefined, abort: AbortSignal): Promise<void> {
  if (work === undefined || abort.aborted) return;
  const aborted = new Promise<void>((resolve) => abort.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([work.catch(() => {}), aborted]);
}
