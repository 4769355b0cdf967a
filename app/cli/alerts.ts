import { type Command, Option } from 'commander';
import { also } from '../arguments.ts';
import { type Common, command, directory } from './command.ts';

interface CompileFlags extends Common {
  target: string;
  approximate?: boolean;
  set: string[];
  metrics?: string;
}

/** `ringdown alerts …` */
export function declareAlerts(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('policies: tested, explained and replayed without paging anybody');
  command(alerts, 'test [files...]', 'play policy tests through the whole chain; exit code 1 when one fails')
    .option('--junit <file>', 'write a JUnit report there')
    .option('--coverage', 'tell which rules, steps and routes no case made fire')
    .option('--mutate', 'change one thing in the policies after the other and tell which changes no case notices')
    .option('--timelines', 'show what happened in every case, not in failing ones alone')
    .option('--watch', 'test again when a file changes')
    .action(
      async (
        files: string[],
        flags: Common & { junit?: string; coverage?: boolean; mutate?: boolean; timelines?: boolean; watch?: boolean },
      ) => {
        const { testPolicies } = await import('../commands/alerts/test.ts');
        process.exitCode = await testPolicies({
          files,
          config: flags.config,
          json: flags.json ?? false,
          junit: flags.junit,
          coverage: flags.coverage ?? false,
          mutate: flags.mutate ?? false,
          timelines: flags.timelines ?? false,
          watch: flags.watch ?? false,
        });
      },
    );
  command(alerts, 'explain <incident>', 'why it paged or did not: what each stage of the chain said').action(
    async (id: string, flags: Common) => {
      const { explainIncident } = await import('../commands/alerts/explain.ts');
      process.exitCode = await explainIncident({ id, directory: directory(flags), json: flags.json ?? false });
    },
  );
  command(alerts, 'replay', 'play what was recorded through the policies, and through changed ones beside them')
    .requiredOption('--from <time>', 'a time with its zone, a day (UTC), or how long ago, such as 7d')
    .option('--to <time>', 'as --from (default: now)')
    .addOption(
      new Option('--policy <file>', 'a changed policy, instead of the one with its id; may be repeated')
        .argParser(also)
        .default([]),
    )
    .action(async (flags: Common & { from: string; to?: string; policy: string[] }) => {
      const { replayPolicies } = await import('../commands/alerts/replay.ts');
      process.exitCode = await replayPolicies({
        from: flags.from,
        to: flags.to,
        policies: flags.policy,
        config: flags.config,
        directory: directory(flags),
        json: flags.json ?? false,
      });
    });

  const compiling = (usage: string, description: string) =>
    command(alerts, usage, description)
      .requiredOption(
        '--target <name>',
        'kapacitor, elasticsearch, kibana, grafana, prometheus, newrelic or cloudwatch',
      )
      .option('--approximate', 'take what comes near only, and list it')
      .addOption(
        new Option('--set <key=value>', 'a setting of the target; may be repeated').argParser(also).default([], 'none'),
      )
      .option('--metrics <file>', 'types and units of metrics that OpenTelemetry does not fix');
  compiling('compile [files...]', 'write policies as rules of another system; exit code 2 when it cannot express them')
    .option('--out <folder>', 'write the files there instead of printing them')
    .action(async (files: string[], flags: CompileFlags & { out?: string }) => {
      const { compilePolicyFiles } = await import('../commands/alerts/compile.ts');
      process.exitCode = await compilePolicyFiles({ ...compilation(files, flags), out: flags.out });
    });
  compiling('check [files...]', 'tell how what is deployed differs from the policies; exit code 1 when it does')
    .requiredOption('--url <url>', "of the target's API")
    .option('--authorization <variable>', 'environment variable with what follows "Authorization:"')
    .action(async (files: string[], flags: CompileFlags & { url: string; authorization?: string }) => {
      const { checkDeployed } = await import('../commands/alerts/check.ts');
      process.exitCode = await checkDeployed({
        ...compilation(files, flags),
        url: flags.url,
        authorization: flags.authorization,
      });
    });
}

const compilation = (files: string[], flags: CompileFlags) => ({
  files,
  config: flags.config,
  target: flags.target,
  approximate: flags.approximate ?? false,
  settings: flags.set,
  metrics: flags.metrics,
  json: flags.json ?? false,
});
