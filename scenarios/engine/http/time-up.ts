import { formatDuration } from '../../../core/units.ts';

/** The reason to abort an exchange with when its time is up. */
export class TimeUp extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`timed out after ${formatDuration(limitMs)}`);
    this.limitMs = limitMs;
  }
}
