import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, RingdownError, toError } from '../../core/errors.ts';
import { lookAround } from '../../scenarios/starter/look-around.ts';
import { githubWorkflow, type StarterFile, type Surroundings, starterFiles } from '../../scenarios/starter/starter.ts';
import { terminal } from '../terminal.ts';
import { version } from '../version.ts';

export interface InitOptions {
  /** Made where it is not there. */
  directory: string;
  /** Where the service runs; a local address that is to be changed when absent. */
  url: string | undefined;
  /** A workflow for GitHub Actions too, even where nothing speaks of GitHub. */
  github: boolean;
  json: boolean;
}

type Outcome = { path: string; wrote: boolean; why: string };

const DEFAULT_URL = 'http://127.0.0.1:3000';
const DATA_ENTRY = '.ringdown/';

/** `ringdown init [FOLDER]`: writes a commented start into somebody's repository. Asks nothing and overwrites nothing. */
export function init(options: InitOptions): number {
  const { directory } = options;
  const baseUrl = options.url === undefined ? DEFAULT_URL : checkUrl(options.url);
  const found = lookAround(directory);
  const schemas = existsSync(join(directory, 'package.json')) ? 'node_modules/ringdown/docs/schemas' : null;
  const about: Surroundings = { ...found, baseUrl, schemas, version };
  const github = options.github || existsSync(join(directory, '.github'));

  const files = [...starterFiles(about), ...(github ? [githubWorkflow(about)] : [])];
  const outcomes = [...files.map((file) => writeNew(directory, file)), ignoreData(directory)];
  const next = nextSteps(options, found.openapi);
  if (options.json) {
    const paths = (wrote: boolean) => outcomes.filter((each) => each.wrote === wrote);
    const left = paths(false).map(({ path, why }) => ({ path, why }));
    terminal.out(JSON.stringify({ written: paths(true).map(({ path }) => path), left, next }));
    return EXIT.success;
  }
  for (const { path, wrote, why } of outcomes) terminal.out(wrote ? `wrote ${path}` : `left  ${path} as it is: ${why}`);
  terminal.out('\nNext:');
  const widest = Math.max(...next.map(({ command }) => command.length));
  for (const { command, what } of next) terminal.out(`  ${command.padEnd(widest)}  ${what}`);
  return EXIT.success;
}

function nextSteps({ directory, url }: InitOptions, openapi: string | null): { command: string; what: string }[] {
  return [
    ...(directory === '.'
      ? []
      : [{ command: `cd ${/^[\w./-]+$/.test(directory) ? directory : JSON.stringify(directory)}`, what: '' }]),
    ...(url === undefined ? [{ command: 'edit ringdown.yaml', what: `base_url is ${DEFAULT_URL} so far` }] : []),
    { command: 'npx ringdown validate', what: 'whether all files are right' },
    { command: 'npx ringdown run scenarios/health.scenario.yaml', what: 'once, now' },
    ...(openapi === null
      ? []
      : [{ command: `npx ringdown import openapi ${openapi}`, what: 'scenarios from the description of the API' }]),
    { command: 'npx ringdown serve', what: 'on schedule, with the web UI on port 4000' },
  ];
}

/** @throws RingdownError (usage) for what is no address of a service */
function checkUrl(text: string): string {
  const url = URL.parse(text);
  const refuse = (message: string, hint: string) =>
    new RingdownError('INIT_URL', `--url ${message}`, { hint, exitCode: EXIT.usage });
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw refuse(`"${text}" is not an http or https URL`, 'write it as https://staging.example.com');
  }
  if (url.username || url.password) {
    throw refuse('holds a user or a password', 'leave them out: a scenario takes them from its secrets');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function writeNew(directory: string, { path, text }: StarterFile): Outcome {
  return at(path, () => {
    const file = join(directory, path);
    if (existsSync(file)) return { path, wrote: false, why: 'it is there already' };
    mkdirSync(dirname(file), { recursive: true });
    // Fails rather than overwrites, should it appear in this moment.
    writeFileSync(file, text, { flag: 'wx' });
    return { path, wrote: true, why: '' };
  });
}

/** The folder in which state and tokens lie does not belong into a repository. */
function ignoreData(directory: string): Outcome {
  const path = '.gitignore';
  return at(path, () => {
    const file = join(directory, path);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const entries = text.split(/\r?\n/).map((line) => line.trim());
    if (entries.some((entry) => /^\/?\.ringdown\/?$/.test(entry))) {
      return { path, wrote: false, why: 'it names .ringdown already' };
    }
    appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${DATA_ENTRY}\n`);
    return { path, wrote: true, why: '' };
  });
}

function at<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new RingdownError('INIT', `${path} cannot be written: ${toError(cause).message}`, {
      hint: 'what was written before it stays; run init again when it can be',
      exitCode: EXIT.usage,
      cause,
    });
  }
}
