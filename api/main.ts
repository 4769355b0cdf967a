/** `npm run api`: the reference service as a process of its own. */
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import { USAGE } from './config.ts';
import { loadAgent } from './instrumentation/load-agent.ts';

const args = process.argv.slice(2);
try {
  if (args.some((arg) => arg === '--help' || arg === '-h')) process.stdout.write(USAGE);
  else {
    await loadAgent(process.env);
    // Only now: an agent must be there before Fastify and node:http are loaded.
    const { start } = await import('./start.ts');
    await start(args, process.env);
  }
} catch (error) {
  fail(toError(error));
}

function fail(error: Error): never {
  const expected = error instanceof RingdownError;
  process.stderr.write(`ringdown api: ${expected ? error.message : (error.stack ?? error.message)}\n`);
  if (expected && error.hint !== undefined) process.stderr.write(`  hint: ${error.hint}\n`);
  process.exit(expected ? error.exitCode : EXIT.internal);
}
