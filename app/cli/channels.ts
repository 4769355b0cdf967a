import type { Command } from 'commander';
import { type Common, command } from './command.ts';

/** `ringdown channels …` */
export function declareChannels(program: Command): void {
  const channels = program.command('channels').description('notification channels');
  command(channels, 'test <name>', 'send a marked test through a channel').action(
    async (name: string, flags: Common) => {
      const { testChannel } = await import('../commands/channels-test.ts');
      process.exitCode = await testChannel(flags.config, name, flags.json ?? false);
    },
  );
  command(channels, 'contact-card <name>', 'the number that calls, as a card for phones: > ringdown.vcf').action(
    async (name: string, flags: Common) => {
      const { showContactCard } = await import('../commands/channels-contact-card.ts');
      process.exitCode = await showContactCard(flags.config, name);
    },
  );
}
