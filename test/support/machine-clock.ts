import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARY = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/**
 * The clock of the machine, as far as a process and its children see it: libfaketime stands before the C library and reads
 * a file that a test rewrites. So everything is set or runs faster, native code and threads included.
 * @see https://github.com/wolfcw/libfaketime (Debian: `apt-get install faketime`)
 */
export class MachineClock {
  /** For the process that is started. */
  readonly env: NodeJS.ProcessEnv;
  readonly #file: string;
  #offBySeconds = 0;
  #factor = 1;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    const [library] = globSync(LIBRARY);
    if (library === undefined)
      throw new Error(
        `this test sets the clock through libfaketime, which is not at ${LIBRARY}: apt-get install faketime`,
      );
    this.#file = join(folder, 'machine-clock');
    this.env = {
      ...env,
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      // What is compared with the clock of other processes, such as the age of a file, stays as it is.
      NO_FAKE_STAT: '1',
    };
    this.#write();
  }

  /** Somebody may set the wall clock; monotonic time goes on, as it does on a real machine. */
  static thatIsSet(folder: string): MachineClock {
    return new MachineClock(folder, { FAKETIME_DONT_FAKE_MONOTONIC: '1' });
  }

  /** All time may be made to run faster: the wall clock, monotonic time and whatever waits. */
  static thatRuns(folder: string, at: Date = new Date()): MachineClock {
    const clock = new MachineClock(folder, { FAKETIME_XRESET: '1' });
    clock.#offBySeconds = Math.round((at.getTime() - Date.now()) / 1_000);
    clock.#write();
    return clock;
  }

  /** @param offByMs from the true time; rounded to seconds */
  set(offByMs: number): void {
    this.#offBySeconds = Math.round(offByMs / 1_000);
    this.#write();
  }

  /** Once for each process: going back to a slower pace would take monotonic time back. */
  runFaster(factor: number): void {
    this.#factor = factor;
    this.#write();
  }

  #write(): void {
    const offset = `${this.#offBySeconds < 0 ? '' : '+'}${this.#offBySeconds}`;
    // Renamed into place: it is read at every look at the clock, and half a line would be the year 1970.
    writeFileSync(`${this.#file}.next`, `${offset}${this.#factor === 1 ? '' : ` x${this.#factor}`}\n`);
    renameSync(`${this.#file}.next`, this.#file);
  }
}
