import { type Command, Option } from 'commander';
import { also } from '../arguments.ts';
import { type Common, command, directory } from './command.ts';

interface ImportFlags {
  fromPagerduty?: boolean;
  schedule: string[];
  url: string;
  channel?: string;
  output?: string;
}

/** `ringdown on-call …` */
export function declareOnCall(program: Command): void {
  const onCall = program.command('on-call').description('who is on call; schedules of other tools');
  command(onCall, 'now [schedule]', 'who is on call, until when, and who is next').action(
    async (schedule: string | undefined, flags: Common) => {
      const { showOnCall } = await import('../commands/on-call.ts');
      process.exitCode = await showOnCall({
        schedule,
        config: flags.config,
        directory: directory(flags),
        json: flags.json ?? false,
      });
    },
  );
  command(onCall, 'import [file]', 'print on_call of ringdown.yaml, made of schedules of PagerDuty or Grafana OnCall')
    .option('--from-pagerduty', 'read them over its REST API, with the key in PAGERDUTY_TOKEN')
    .addOption(
      new Option('--schedule <name>', 'only this schedule of PagerDuty; may be repeated')
        .argParser(also)
        .default([], 'all'),
    )
    .option('--url <url>', "PagerDuty's REST API", 'https://api.pagerduty.com')
    .option('--channel <name>', 'channel by which everyone is told at first')
    .option('--output <file>', 'write it there')
    .action(async (file: string | undefined, flags: Common & ImportFlags) => {
      const { importOnCall } = await import('../commands/on-call.ts');
      process.exitCode = await importOnCall({
        file,
        fromPagerDuty: flags.fromPagerduty ?? false,
        schedules: flags.schedule,
        url: flags.url,
        channel: flags.channel,
        output: flags.output,
        json: flags.json ?? false,
      });
    });
}
