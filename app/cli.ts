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
import { declareAlerts } from './cli/alerts.ts';
import { declareBackends } from './cli/backends.ts';
import { declareChannels } from './cli/channels.ts';
import { type Common, command, directory } from './cli/command.ts';
import { declareOnCall } from './cli/on-call.ts';
import { InvalidFiles } from './invalid-files.ts';
import { printDiagnostics, printError, terminal } from './terminal.ts';
import { version } from './version.ts';

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

const port = (name: string, fallback: number, what: string) =>
  new Option(`--${name} <port>`, `${what}; 0 means any free one`).argParser(parsePort).default(fallback);

for (const { name, description } of [
  { name: 'up', description: 'start the watcher, and the reference API to try it on' },
  { name: 'serve', description: 'start the watcher alone' },
]) {
  const demo = name === 'up';
  const declared = command(program, name, description)
    .option('--host <address>', 'where the HTTP API and web UI listen; 0.0.0.0 means every interface', '127.0.0.1')
    .addOption(port('port', 4000, 'HTTP API and web UI'))
    .addOption(port('otlp-port', 4318, 'OTLP/HTTP'))
    .addOption(port('otlp-grpc-port', 4317, 'OTLP/gRPC'))
    .addOption(port('statsd-port', 8125, 'StatsD over UDP and TCP'))
    .option('--ready-file <file>', 'write the addresses there, once ready');
  if (demo) declared.addOption(port('api-port', 8080, 'reference API'));
  declared.action(async (flags: WatchFlags) => {
    const { watch } = await import('./commands/watch.ts');
    process.exitCode = await watch({
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

command(program, 'worker', 'run scenarios for a watcher from another location')
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
    process.exitCode = await runWorker({
      ...flags,
      token: flags.token,
      config: flags.config,
      json: flags.json ?? false,
    });
  });

interface ImportOptions {
  out: string;
  environment?: string;
  service?: string;
  force?: boolean;
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

command(
  program,
  'run [files...]',
  'run scenarios once: files, folders, or those of the config; exit code 1 when one fails',
)
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
    process.exitCode = await runScenarios({
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

command(program, 'load <file>', 'run a scenario as a load test with k6; exit code 1 when a threshold is crossed')
  .option('--env <name>', 'environment of the config')
  .addOption(variableOption())
  .option('--k6 <path>', 'where k6 is (default: K6_BIN, or k6 of the PATH)')
  .action(async (file: string, flags: Common & { env?: string; var: Record<string, string>; k6?: string }) => {
    const { runLoadTest } = await import('./commands/load.ts');
    process.exitCode = await runLoadTest({
      file,
      config: flags.config,
      directory: directory(flags),
      environment: flags.env,
      variables: flags.var,
      k6: flags.k6,
      json: flags.json ?? false,
    });
  });

command(program, 'export <target> <file>', 'print a scenario as a script for another tool: k6')
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
      process.exitCode = await exportScenario({
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
  program,
  'validate [files...]',
  'check scenarios, policies and config: files, folders, or what the config names; exit code 2 when one is wrong',
).action(async (files: string[], flags: Common) => {
  const { validate } = await import('./commands/validate.ts');
  process.exitCode = await validate(files, flags.config, flags.json ?? false);
});

command(program, 'init [folder]', 'write a commented start into a repository; overwrites nothing')
  .option('--url <url>', 'where the service runs')
  .option('--github', 'with a workflow for GitHub Actions')
  .action(async (folder: string | undefined, flags: Common & { url?: string; github?: boolean }) => {
    const { init } = await import('./commands/init.ts');
    process.exitCode = init({
      directory: folder ?? '.',
      url: flags.url,
      github: flags.github ?? false,
      json: flags.json ?? false,
    });
  });

command(
  program,
  'import <format> <source...>',
  'make scenarios of what another tool has: openapi, postman, har, curl, hurl, runscope, checkly, gatus, uptime-kuma or step-ci',
)
  .option('--out <folder>', 'where to write them', 'scenarios')
  .option('--environment <file>', 'variables that belong to the document (Postman)')
  .option('--service <name>', 'the service that is watched')
  .option('--force', 'overwrite files that are there')
  .action(async (format: string, source: string[], flags: Common & ImportOptions) => {
    const { importScenarios } = await import('./commands/import.ts');
    process.exitCode = await importScenarios({
      format,
      source,
      out: flags.out,
      environment: flags.environment,
      service: flags.service,
      force: flags.force ?? false,
      json: flags.json ?? false,
    });
  });
command(program, 'doctor', 'look for what would keep the watcher from watching or paging').action(
  async (flags: Common) => {
    const { doctor } = await import('./commands/doctor.ts');
    process.exitCode = await doctor({
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
  },
);

declareBackends(program);
declareAlerts(program);
declareChannels(program);
declareOnCall(program);

command(program, 'token', 'print the sign-in link again').action(async (flags: Common) => {
  const { printToken } = await import('./commands/demo.ts');
  process.exitCode = printToken(directory(flags), flags.json ?? false);
});

command(program, 'break <route>', 'make a route of the reference API fail, e.g. posts')
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
    process.exitCode = await breakRoute(directory(flags), route, fault, flags.json ?? false);
  });

command(program, 'mend', 'clear all faults of the reference API').action(async (flags: Common) => {
  const { mend } = await import('./commands/demo.ts');
  process.exitCode = await mend(directory(flags), flags.json ?? false);
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
    process.exitCode = error.exitCode === 0 ? EXIT.success : EXIT.usage;
  } else {
    if (error instanceof InvalidFiles) printDiagnostics(error.diagnostics, error.texts);
    else printError(error);
    // Whoever reads JSON gets it of a failure, too; people read the other stream.
    if (process.argv.includes('--json')) terminal.out(JSON.stringify({ error: errorJson(error) }));
    process.exitCode = error instanceof RingdownError ? error.exitCode : EXIT.internal;
  }
}
