import { Command, CommanderError, Option } from 'commander';
import { EXIT, RingdownError, toError } from '../core/errors.ts';
import {
  also,
  alsoNamed,
  parseConcurrency,
  parseCount,
  parseLocation,
  parseNumber,
  parsePort,
  parseSeed,
  parseStatus,
} from './arguments.ts';
import { DataDirectory } from './data-directory.ts';
import { InvalidFiles } from './invalid-files.ts';
import { printDiagnostics, printError, terminal } from './terminal.ts';
import { version } from './version.ts';

interface Common {
  config?: string;
  dataDir: string;
  json?: boolean;
}

interface WatchFlags extends Common {
  host: string;
  port: number;
  otlpPort: number;
  otlpGrpcPort: number;
  statsdPort: number;
  apiPort?: number;
  readyFile?: string;
}

const program = new Command('ringdown')
  .description('Watches an API: scenarios on a schedule, telemetry, and a phone that rings with the cause.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(ringdown --help lists the commands)')
  .configureHelp({ showGlobalOptions: true });

let exitCode: number = EXIT.success;

/** Declares a command with the flags that all have. */
function command(usage: string, description: string, parent = program): Command {
  return parent
    .command(usage)
    .description(description)
    .showHelpAfterError(`(${[...ancestors(parent), usage.split(' ', 1)[0]].join(' ')} --help shows what it takes)`)
    .option('--config <file>', 'the config (default: ringdown.yaml, where there is one)')
    .option('--data-dir <folder>', 'where everything is kept', '.ringdown')
    .option('--json', 'print JSON');
}

/** Words before a command: `ringdown`, `ringdown alerts`. */
function ancestors(command: Command): string[] {
  return [...(command.parent ? ancestors(command.parent) : []), command.name()];
}

const port = (name: string, fallback: number, what: string) =>
  new Option(`--${name} <port>`, `${what}; 0 means any free one`).argParser(parsePort).default(fallback);

const directory = ({ dataDir }: Common) => new DataDirectory(dataDir);

for (const { name, description } of [
  { name: 'up', description: 'start the watcher, and the reference API to try it on' },
  { name: 'serve', description: 'start the watcher alone' },
]) {
  const demo = name === 'up';
  const declared = command(name, description)
    .option('--host <address>', 'where the HTTP API and web UI listen; 0.0.0.0 means every interface', '127.0.0.1')
    .addOption(port('port', 4000, 'HTTP API and web UI'))
    .addOption(port('otlp-port', 4318, 'OTLP/HTTP'))
    .addOption(port('otlp-grpc-port', 4317, 'OTLP/gRPC'))
    .addOption(port('statsd-port', 8125, 'StatsD over UDP and TCP'))
    .option('--ready-file <file>', 'write the addresses there, once ready');
  if (demo) declared.addOption(port('api-port', 8080, 'reference API'));
  declared.action(async (flags: WatchFlags) => {
    const { watch } = await import('./commands/watch.ts');
    exitCode = await watch({
      config: flags.config,
      directory: directory(flags),
      json: flags.json ?? false,
      host: flags.host,
      port: flags.port,
      otlpPort: flags.otlpPort,
      otlpGrpcPort: flags.otlpGrpcPort,
      statsdPort: flags.statsdPort,
      readyFile: flags.readyFile,
      apiPort: demo ? flags.apiPort! : null,
    });
  });
}

command('worker', 'run scenarios for a watcher from another location')
  .requiredOption('--watcher <url>', 'where the watcher answers, such as https://ringdown.example.com')
  .option('--token <token>', "the watcher's token (default: RINGDOWN_TOKEN, which others on this machine cannot see)")
  .addOption(
    new Option('--location <name>', 'where this worker stands, as scenarios name it in `locations`')
      .argParser(parseLocation)
      .makeOptionMandatory(),
  )
  .option('--concurrency <n>', 'runs at the same time, 1 to 1000', parseConcurrency, 50)
  .action(async (flags: Common & { watcher: string; token?: string; location: string; concurrency: number }) => {
    const { runWorker } = await import('./commands/worker.ts');
    exitCode = await runWorker({ ...flags, token: flags.token, config: flags.config, json: flags.json ?? false });
  });

interface ImportOptions {
  out: string;
  environment?: string;
  service?: string;
  force?: boolean;
}

interface OnCallImportFlags {
  fromPagerduty?: boolean;
  schedule: string[];
  url: string;
  channel?: string;
  output?: string;
}

interface RunFlags extends Common {
  env?: string;
  tag: string[];
  var: Record<string, string>;
  seed?: number;
  bail?: boolean;
  parallel: number;
  repeat: number;
  watch?: boolean;
  reporter: string[];
  output?: string;
}

command('run [files...]', 'run scenarios once: files, folders, or those of the config; exit code 1 when one fails')
  .option('--env <name>', 'environment of the config')
  .addOption(new Option('--tag <tag>', 'only scenarios with this tag; may be repeated').argParser(also).default([]))
  .addOption(variableOption())
  .option('--seed <number>', 'random generators repeat themselves', parseSeed)
  .option('--bail', 'start no further run after one that did not pass')
  .option('--parallel <n>', 'runs at the same time', parseCount, 1)
  .option('--repeat <n>', 'run each scenario that often', parseCount, 1)
  .option('--watch', 'run again when a file changes')
  .addOption(
    new Option(
      '--reporter <name[=file]>',
      'how to report: console, html, json, junit or markdown; may be repeated, each further one with its file',
    )
      .argParser(also)
      .default([], 'console'),
  )
  .option('--output <file>', 'write the report there')
  .action(async (files: string[], flags: RunFlags) => {
    const { runScenarios } = await import('./commands/run.ts');
    exitCode = await runScenarios({
      files,
      config: flags.config,
      directory: directory(flags),
      environment: flags.env,
      tags: flags.tag,
      variables: flags.var,
      seed: flags.seed,
      bail: flags.bail ?? false,
      parallel: flags.parallel,
      repeat: flags.repeat,
      watch: flags.watch ?? false,
      reporters: flags.json ? ['json', ...flags.reporter] : flags.reporter.length > 0 ? flags.reporter : ['console'],
      output: flags.output,
    });
  });

command('load <file>', 'run a scenario as a load test with k6; exit code 1 when a threshold is crossed')
  .option('--env <name>', 'environment of the config')
  .addOption(variableOption())
  .option('--k6 <path>', 'where k6 is (default: K6_BIN, or k6 of the PATH)')
  .action(async (file: string, flags: Common & { env?: string; var: Record<string, string>; k6?: string }) => {
    const { runLoadTest } = await import('./commands/load.ts');
    exitCode = await runLoadTest({
      file,
      config: flags.config,
      directory: directory(flags),
      environment: flags.env,
      variables: flags.var,
      k6: flags.k6,
      json: flags.json ?? false,
    });
  });

command('export <target> <file>', 'print a scenario as a script for another tool: k6')
  .option('--env <name>', 'environment whose address the script asks')
  .addOption(variableOption())
  .option('--output <file>', 'write the script there')
  .action(
    async (
      target: string,
      file: string,
      flags: Common & { env?: string; var: Record<string, string>; output?: string },
    ) => {
      const { exportScenario } = await import('./commands/export.ts');
      exitCode = await exportScenario({
        target,
        file,
        config: flags.config,
        directory: directory(flags),
        environment: flags.env,
        variables: flags.var,
        output: flags.output,
      });
    },
  );

command(
  'validate [files...]',
  'check scenarios, policies and config: files, folders, or what the config names; exit code 2 when one is wrong',
).action(async (files: string[], flags: Common) => {
  const { validate } = await import('./commands/validate.ts');
  exitCode = await validate(files, flags.config, flags.json ?? false);
});

command('init [folder]', 'write a commented start into a repository; overwrites nothing')
  .option('--url <url>', 'where the service runs')
  .option('--github', 'with a workflow for GitHub Actions')
  .action(async (folder: string | undefined, flags: Common & { url?: string; github?: boolean }) => {
    const { init } = await import('./commands/init.ts');
    exitCode = init({
      directory: folder ?? '.',
      url: flags.url,
      github: flags.github ?? false,
      json: flags.json ?? false,
    });
  });

command(
  'import <format> <source...>',
  'make scenarios of what another tool has: openapi, postman, har, curl, hurl, runscope, checkly, gatus, uptime-kuma or step-ci',
)
  .option('--out <folder>', 'where to write them', 'scenarios')
  .option('--environment <file>', 'variables that belong to the document (Postman)')
  .option('--service <name>', 'the service that is watched')
  .option('--force', 'overwrite files that are there')
  .action(async (format: string, source: string[], flags: Common & ImportOptions) => {
    const { importScenarios } = await import('./commands/import.ts');
    exitCode = await importScenarios({
      format,
      source,
      out: flags.out,
      environment: flags.environment,
      service: flags.service,
      force: flags.force ?? false,
      json: flags.json ?? false,
    });
  });
command('doctor', 'look for what would keep the watcher from watching or paging').action(async (flags: Common) => {
  const { doctor } = await import('./commands/doctor.ts');
  exitCode = await doctor({
    config: flags.config,
    directory: directory(flags),
    json: flags.json ?? false,
    ports: [
      { flag: '--port', port: 4000 },
      { flag: '--api-port', port: 8080 },
      { flag: '--otlp-port', port: 4318 },
      { flag: '--otlp-grpc-port', port: 4317 },
    ],
  });
});

const backends = program
  .command('backends')
  .description('where telemetry goes: the ledger, what was refused, provisioning');
command(
  'status',
  'what each backend received, delivered, refused; exit code 1 when one takes no data',
  backends,
).action(async (flags: Common) => {
  const { showBackends } = await import('./commands/backends.ts');
  exitCode = await showBackends(directory(flags), flags.json ?? false);
});
command('dead-letters <name>', 'what a backend refused for good', backends).action(
  async (name: string, flags: Common) => {
    const { showDeadLetters } = await import('./commands/backends.ts');
    exitCode = await showDeadLetters(directory(flags), name, flags.json ?? false);
  },
);
command('replay <name> [ids...]', 'hand dead letters over once more: those named, or all', backends).action(
  async (name: string, ids: string[], flags: Common) => {
    const { replayDeadLetters } = await import('./commands/backends.ts');
    exitCode = await replayDeadLetters(directory(flags), name, ids, flags.json ?? false);
  },
);
command('provision [name]', 'make the templates, databases and retention that backends need', backends).action(
  async (name: string | undefined, flags: Common) => {
    const { provisionBackends } = await import('./commands/backends.ts');
    exitCode = await provisionBackends(flags.config, directory(flags), name);
  },
);

const alerts = program.command('alerts').description('policies: tested, explained and replayed without paging anybody');
command('test [files...]', 'play policy tests through the whole chain; exit code 1 when one fails', alerts)
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
      const { testPolicies } = await import('./commands/alerts/test.ts');
      exitCode = await testPolicies({
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
command('explain <incident>', 'why it paged or did not: what each stage of the chain said', alerts).action(
  async (id: string, flags: Common) => {
    const { explainIncident } = await import('./commands/alerts/explain.ts');
    exitCode = await explainIncident({ id, directory: directory(flags), json: flags.json ?? false });
  },
);
command('replay', 'play what was recorded through the policies, and through changed ones beside them', alerts)
  .requiredOption('--from <time>', 'a time with its zone, a day (UTC), or how long ago, such as 7d')
  .option('--to <time>', 'as --from (default: now)')
  .addOption(
    new Option('--policy <file>', 'a changed policy, instead of the one with its id; may be repeated')
      .argParser(also)
      .default([]),
  )
  .action(async (flags: Common & { from: string; to?: string; policy: string[] }) => {
    const { replayPolicies } = await import('./commands/alerts/replay.ts');
    exitCode = await replayPolicies({
      from: flags.from,
      to: flags.to,
      policies: flags.policy,
      config: flags.config,
      directory: directory(flags),
      json: flags.json ?? false,
    });
  });

interface CompileFlags extends Common {
  target: string;
  approximate?: boolean;
  set: string[];
  metrics?: string;
}

const compiling = (usage: string, description: string) =>
  command(usage, description, alerts)
    .requiredOption('--target <name>', 'kapacitor, elasticsearch, kibana, grafana, prometheus, newrelic or cloudwatch')
    .option('--approximate', 'take what comes near only, and list it')
    .addOption(
      new Option('--set <key=value>', 'a setting of the target; may be repeated').argParser(also).default([], 'none'),
    )
    .option('--metrics <file>', 'types and units of metrics that OpenTelemetry does not fix');
const compilation = (files: string[], flags: CompileFlags) => ({
  files,
  config: flags.config,
  target: flags.target,
  approximate: flags.approximate ?? false,
  settings: flags.set,
  metrics: flags.metrics,
  json: flags.json ?? false,
});
compiling('compile [files...]', 'write policies as rules of another system; exit code 2 when it cannot express them')
  .option('--out <folder>', 'write the files there instead of printing them')
  .action(async (files: string[], flags: CompileFlags & { out?: string }) => {
    const { compilePolicyFiles } = await import('./commands/alerts/compile.ts');
    exitCode = await compilePolicyFiles({ ...compilation(files, flags), out: flags.out });
  });
compiling('check [files...]', 'tell how what is deployed differs from the policies; exit code 1 when it does')
  .requiredOption('--url <url>', "of the target's API")
  .option('--authorization <variable>', 'environment variable with what follows "Authorization:"')
  .action(async (files: string[], flags: CompileFlags & { url: string; authorization?: string }) => {
    const { checkDeployed } = await import('./commands/alerts/check.ts');
    exitCode = await checkDeployed({
      ...compilation(files, flags),
      url: flags.url,
      authorization: flags.authorization,
    });
  });

const channels = program.command('channels').description('notification channels');
command('test <name>', 'send a marked test through a channel', channels).action(async (name: string, flags: Common) => {
  const { testChannel } = await import('./commands/channels-test.ts');
  exitCode = await testChannel(flags.config, name, flags.json ?? false);
});
command('contact-card <name>', 'the number that calls, as a card for phones: > ringdown.vcf', channels).action(
  async (name: string, flags: Common) => {
    const { showContactCard } = await import('./commands/channels-contact-card.ts');
    exitCode = await showContactCard(flags.config, name);
  },
);

const onCall = program.command('on-call').description('who is on call; schedules of other tools');
command('now [schedule]', 'who is on call, until when, and who is next', onCall).action(
  async (schedule: string | undefined, flags: Common) => {
    const { showOnCall } = await import('./commands/on-call.ts');
    exitCode = await showOnCall({
      schedule,
      config: flags.config,
      directory: directory(flags),
      json: flags.json ?? false,
    });
  },
);
command('import [file]', 'print on_call of ringdown.yaml, made of schedules of PagerDuty or Grafana OnCall', onCall)
  .option('--from-pagerduty', 'read them over its REST API, with the key in PAGERDUTY_TOKEN')
  .addOption(
    new Option('--schedule <name>', 'only this schedule of PagerDuty; may be repeated')
      .argParser(also)
      .default([], 'all'),
  )
  .option('--url <url>', "PagerDuty's REST API", 'https://api.pagerduty.com')
  .option('--channel <name>', 'channel by which everyone is told at first')
  .option('--output <file>', 'write it there')
  .action(async (file: string | undefined, flags: Common & OnCallImportFlags) => {
    const { importOnCall } = await import('./commands/on-call.ts');
    exitCode = await importOnCall({
      file,
      fromPagerDuty: flags.fromPagerduty ?? false,
      schedules: flags.schedule,
      url: flags.url,
      channel: flags.channel,
      output: flags.output,
      json: flags.json ?? false,
    });
  });

command('token', 'print the sign-in link again').action(async (flags: Common) => {
  const { printToken } = await import('./commands/demo.ts');
  exitCode = printToken(directory(flags), flags.json ?? false);
});

command('break <route>', 'make a route of the reference API fail, e.g. posts')
  .option('--status <code>', 'what it answers', parseStatus)
  .option('--latency-ms <ms>', 'how much slower it gets', parseNumber)
  .option('--rate <share>', 'share of requests, 0 to 1', parseNumber)
  .action(async (route: string, flags: Common & { status?: number; latencyMs?: number; rate?: number }) => {
    const { latencyMs, rate } = flags;
    const status = flags.status ?? (latencyMs === undefined ? 500 : undefined);
    const { breakRoute } = await import('./commands/demo.ts');
    const fault = {
      ...(status === undefined ? {} : { status }),
      ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
      ...(rate === undefined ? {} : { rate }),
    };
    exitCode = await breakRoute(directory(flags), route, fault, flags.json ?? false);
  });

command('mend', 'clear all faults of the reference API').action(async (flags: Common) => {
  const { mend } = await import('./commands/demo.ts');
  exitCode = await mend(directory(flags), flags.json ?? false);
});

function errorJson(error: unknown): object {
  if (!(error instanceof RingdownError)) return { code: 'INTERNAL', message: toError(error).message };
  const { code, message, hint = null } = error;
  return { code, message, hint, ...(error instanceof InvalidFiles ? { diagnostics: error.diagnostics } : {}) };
}

function variableOption(): Option {
  return new Option('--var <name=value>', 'value of a variable that the scenario declares; may be repeated')
    .argParser(alsoNamed)
    .default({}, 'none');
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong already; help and version are no errors.
    exitCode = error.exitCode === 0 ? EXIT.success : EXIT.usage;
  } else {
    if (error instanceof InvalidFiles) printDiagnostics(error.diagnostics, error.texts);
    else printError(error);
    // Whoever reads JSON gets it of a failure, too; people read the other stream.
    if (process.argv.includes('--json')) terminal.out(JSON.stringify({ error: errorJson(error) }));
    exitCode = error instanceof RingdownError ? error.exitCode : EXIT.internal;
  }
}
process.exitCode = exitCode;
