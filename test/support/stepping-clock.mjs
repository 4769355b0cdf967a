import { existsSync, readFileSync } from 'node:fs';

/**
 * Preloaded into a watcher (`node --import`): its wall clock is off by the milliseconds that stand in the file
 * $STEPPED_BY, as if somebody had set the system's clock. Monotonic time goes on as it is.
 */
const file = process.env.STEPPED_BY;
const Real = Date;
let offsetMs = 0;
setInterval(() => {
  if (existsSync(file)) offsetMs = Number(readFileSync(file, 'utf8')) || 0;
}, 50).unref();

globalThis.Date = class SteppedDate extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return Real.now() + offsetMs;
  }
};
