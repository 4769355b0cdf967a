/**
 * What the machine does to anybody: a process with nothing to do but to wake every ten milliseconds, on the same core.
 * On any message it answers with how late it woke, in milliseconds.
 */
import { systemClock } from '../../core/clock.ts';
import { quantiles } from './quantiles.ts';

const EVERY_MS = 10;
const late: number[] = [];
process.on('message', () => process.send?.(quantiles(late)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
for (let due = performance.now() + EVERY_MS; ; due += EVERY_MS) {
  await systemClock.timer(due - performance.now());
  late.push(Math.max(0, performance.now() - due));
}
