import { toError } from '../../../core/errors.ts';
import { type CursorState, readCursor, writeCursor } from './cursor-file.ts';

export interface CursorOptions {
  path: string;
  /** What is to be written, asked as the write begins. */
  state(): CursorState;
  /** Something went wrong that somebody should know. */
  onTrouble(message: string): void;
}

/** One backend's cursor file. A disk that is full keeps nothing from being delivered: the next save makes up for it. */
export class Cursor {
  readonly #options: CursorOptions;
  #saved: CursorState | undefined;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  constructor(options: CursorOptions) {
    this.#options = options;
  }

  /** What the file holds. */
  get saved(): CursorState | undefined {
    return this.#saved;
  }

  async load(): Promise<void> {
    const state = await readCursor(this.#options.path);
    if (!(state instanceof Error)) this.#saved = state;
    else {
      const { onTrouble } = this.#options;
      onTrouble(`${state.message}: its books start anew, and what the spool still holds is sent again`);
    }
  }

  /** Writes what is so by the time that the write begins; one at a time. Never rejects. */
  save(): Promise<void> {
    this.#queued ??= this.#writing.then(async () => {
      this.#queued = undefined;
      const state = this.#options.state();
      try {
        await writeCursor(this.#options.path, state);
        this.#saved = state;
      } catch (error) {
        this.#options.onTrouble(`its cursor cannot be saved: ${toError(error).message}`);
      }
    });
    this.#writing = this.#queued;
    return this.#queued;
  }

  /** Resolves when no write is under way. */
  written(): Promise<void> {
    return this.#writing;
  }
}
