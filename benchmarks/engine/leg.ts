import { journeys } from './journeys.ts';

/**
 * One engine in a process of its own: `leg.ts <name> <origin>`. On `{ journeys, parallel }` it answers with the CPU
 * that the whole process took, user and system, by the operating system's accounting.
 */
const [name, origin] = process.argv.slice(2) as [keyof typeof journeys, string];
const journey = journeys[name](origin);

process.on('message', async (order: { journeys: number; parallel: number }) => {
  const before = process.cpuUsage();
  const start = performance.now();
  let left = order.journeys;
  await Promise.all(
    Array.from({ length: order.parallel }, async () => {
      while (left-- > 0) await journey();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuMicros: user + system, seconds: (performance.now() - start) / 1_000 });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
