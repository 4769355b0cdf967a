import type { Command } from 'commander';
import { type Common, command, directory } from './command.ts';

/** `ringdown backends …` */
export function declareBackends(program: Command): void {
  const backends = program
    .command('backends')
    .description('where telemetry goes: the ledger, what was refused, provisioning');
  command(
    backends,
    'status',
    'what each backend received, delivered, refused; exit code 1 when one takes no data',
  ).action(async (flags: Common) => {
    const { showBackends } = await import('../commands/backends.ts');
    process.exitCode = await showBackends(directory(flags), flags.json ?? false);
  });
  command(backends, 'dead-letters <name>', 'what a backend refused for good').action(
    async (name: string, flags: Common) => {
      const { showDeadLetters } = await import('../commands/backends.ts');
      process.exitCode = await showDeadLetters(directory(flags), name, flags.json ?? false);
    },
  );
  command(backends, 'replay <name> [ids...]', 'hand dead letters over once more: those named, or all').action(
    async (name: string, ids: string[], flags: Common) => {
      const { replayDeadLetters } = await import('../commands/backends.ts');
      process.exitCode = await replayDeadLetters(directory(flags), name, ids, flags.json ?? false);
    },
  );
  command(backends, 'provision [name]', 'make the templates, databases and retention that backends need').action(
    async (name: string | undefined, flags: Common) => {
      const { provisionBackends } = await import('../commands/backends.ts');
      process.exitCode = await provisionBackends(flags.config, directory(flags), name);
    },
  );
}
