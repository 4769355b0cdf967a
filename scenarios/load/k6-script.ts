import type { Diagnostic } from '../../core/document/index.ts';
import { mergeConnections } from '../engine/connection.ts';
import type { HttpSpec } from '../engine/protocols/http/spec.ts';
import {
  type ActionStep,
  type Connection,
  isParallel,
  type Parameters,
  type Scenario,
  type Step,
} from '../language/model.ts';
import { noSourceFiles, type SourceFiles } from '../language/source-files.ts';
import type { Template } from '../language/template.ts';
import { type Code, call, flat, inComment, list, mapping, prefixed, print, quoted } from './code.ts';
import {
  CERTIFICATE,
  connectionCode,
  connectionVariables,
  KEY,
  refuseOwnConnection,
  sharedConnection,
} from './connection-code.ts';
import { valueCode } from './expression.ts';
import { allSteps } from './kinds.ts';
import { GRACE_MS, optionsCode } from './load-options.ts';
import { Names } from './names.ts';
import { Refused } from './refusal.ts';
import { Refusals } from './refusals.ts';
import { runtimeFor, runtimeNames } from './runtime.ts';
import { ScriptFiles } from './script-files.ts';
import { decisionCode, parallelFunction, stepFunction } from './step-code.ts';

export interface ScriptOptions {
  /** `ringdown/<version>`. */
  readonly userAgent: string;
  /** What the script asks unless BASE_URL says otherwise; null: BASE_URL has to be set. */
  readonly environment: { readonly name: string; readonly baseUrl: string } | null;
  /** Stand over the scenario's variables of the same name. */
  readonly variables?: Readonly<Record<string, Template>>;
  /** Of the environment; the scenario's own stands over it. */
  readonly connection?: Connection | null;
  /** The text of the scenario's file, to say where in it something stands that k6 cannot do. */
  readonly text: string;
  /** As the scenario sees them, to say the same of its fragments. */
  readonly files?: SourceFiles;
}

/** What k6 is given. */
export interface K6Script {
  readonly script: string;
  /** Environment variables that it needs besides BASE_URL and secrets: a client certificate with its key. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files that have to stand beside it, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What k6 cannot do, every place named, with the texts of the files that it names. */
export interface Unscriptable {
  readonly refusals: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

export type Script = K6Script | Unscriptable;

/**
 * The scenario as a script for k6 (https://grafana.com/docs/k6): one function per step, secrets from environment
 * variables, and at the end the little that judges and fills in as the engine does. One iteration is one attempt; where
 * there is `data`, one with one row.
 */
export function k6Script(scenario: Scenario, options: ScriptOptions): Script {
  const refusals = new Refusals(scenario, options.text, options.files ?? noSourceFiles(scenario.file));
  const names = new Names(runtimeNames);
  const functions: string[] = [];
  const files = new ScriptFiles(scenario.id);
  const included = new Map<Parameters, string>();
  const parametersName = (parameters: Parameters): string => {
    const known = included.get(parameters);
    if (known) return known;
    if (parameters.outer) parametersName(parameters.outer);
    const name = names.of(`parameters ${included.size + 1}`);
    included.set(parameters, name);
    return name;
  };
  const define = (step: ActionStep, make: typeof stepFunction): Code[] => {
    const name = names.of(step.name);
    const code = refusals.attempt(step.name, () => make(step, name, files));
    if (code) functions.push(code);
    const parameters = step.parameters ? [parametersName(step.parameters)] : [];
    return [quoted(step.name), name, ...parameters];
  };
  const stepCall = (step: Step): Code | undefined => {
    if (!isParallel(step)) return call('step', ...define(step, stepFunction));
    const condition = step.if;
    const decision = condition && refusals.attempt(step.name, () => prefixed('() => ', flat(decisionCode(condition))));
    const parameters = step.parameters ? [parametersName(step.parameters)] : [];
    return call(
      'parallel',
      list(step.steps.map((inner) => list(define(inner, parallelFunction)))),
      ...(decision ? [decision, ...parameters] : []),
    );
  };
  const lines = (steps: readonly Step[]) => steps.flatMap((step) => stepCall(step) ?? []);

  const base = mergeConnections(options.connection ?? null, scenario.connection);
  const { shared, others } = sharedConnection(base, allSteps(scenario));
  for (const step of others) refusals.attempt(step.name, () => refuseOwnConnection(step));
  const main = [
    ...(refusals.attempt(null, () => variableCalls(scenario, options.variables ?? {})) ?? []),
    ...lines(scenario.before),
    ...(scenario.data
      ? [
          `set('row', rows[rowNumber(rows) - 1]${hasTemplates(scenario.data) ? '()' : ''})`,
          "set('$row', rowNumber(rows))",
        ]
      : []),
    ...lines(scenario.steps),
    ...lines(scenario.after),
  ];
  const always = lines(scenario.always);
  const connection = refusals.attempt(null, () => connectionCode(shared, hostsOf(scenario, options)), 'connection');
  const agent: [string, Code][] = allSteps(scenario).some(({ kind }) => kind === 'grpc')
    ? [['userAgent', 'USER_AGENT']]
    : [];
  const load = refusals.attempt(null, () => optionsCode(scenario, [...agent, ...(connection ?? [])]), 'load');
  refusals.attempt(null, () => refuseTaken(scenario.secrets), 'secrets');
  const constants = refusals.attempt(null, () => [
    ...(scenario.data ? [rowsCode(scenario.data)] : []),
    ...files.protoSets.declarations,
    ...[files.declaration()].flatMap((made) => (made ? [`const files = ${print(made)};`] : [])),
    ...[...included].map(([parameters, name]) => parametersCode(name, parameters, included)),
  ]);
  if (!refusals.none || !load || !constants) return refusals.told();

  const stepNames = allSteps(scenario).map(({ name }) => quoted(name));
  const head = [
    `const BASE_URL = ${baseUrlCode(options)}.replace(/\\/$/, '');`,
    `const USER_AGENT = ${quoted(options.userAgent)};`,
    '// Whether an iteration carries cookies from one step to the next.',
    `const COOKIES = ${scenario.cookies};`,
    ...(scenario.secrets.length > 0
      ? [`const secrets = ${print(mapping(scenario.secrets.map((name) => [name, call('needed', quoted(name))])))};`]
      : []),
    `const STEPS = ${print(list(stepNames))};`,
  ];
  const code = [...functions, ...constants, ...[...main, ...always].map(flat)].join('\n');
  if (/\bENVIRONMENT\b/.test(code))
    head.push(`const ENVIRONMENT = __ENV.ENVIRONMENT || ${quoted(options.environment?.name ?? '')};`);
  const body = [
    ...head,
    '',
    "/** @type {import('k6/options').Options} */",
    `export const options = ${print(load)};`,
    '',
    defaultFunction(scenario, main, always),
    ...functions.flatMap((code) => ['', code]),
    ...constants.flatMap((code) => ['', code]),
  ].join('\n');
  const { imports, runtime } = runtimeFor(body);
  const variables = connectionVariables(shared);
  const top = header(scenario, options, {
    variables: Object.keys(variables),
    files: [...files.protoSets.files.keys()],
  });
  return {
    script: `${[top, imports, '', body, '', RULER, '', runtime].join('\n')}\n`,
    variables,
    files: files.protoSets.files,
  };
}

/** Environment variables that mean something to k6, or to a script besides its secrets. */
const TAKEN = [
  /^K6_/,
  /^(?:BASE_URL|ENVIRONMENT|RINGDOWN_SUMMARY)$/,
  /^(?:HTTPS?|NO)_PROXY$/i,
  /^SSL_CERT_(?:FILE|DIR)$/,
];

/** Secrets come as environment variables of their names. @throws Refused */
function refuseTaken(secrets: readonly string[]): void {
  const taken = secrets.find((name) => name === CERTIFICATE || name === KEY || TAKEN.some((known) => known.test(name)));
  if (taken)
    throw new Refused(`a secret called ${taken}, which means something else to it`, 'give the secret another name');
}

const RULER = '// From here on: how Ringdown fills in, judges and counts; the same for every scenario.';

/** What the variables of a client certificate hold. */
const PEM_FILES: Record<string, string> = { [CERTIFICATE]: 'certificate.pem', [KEY]: 'key.pem' };

function baseUrlCode({ environment }: ScriptOptions): string {
  return environment ? `(__ENV.BASE_URL || ${quoted(environment.baseUrl)})` : "needed('BASE_URL')";
}

interface Needed {
  readonly variables: readonly string[];
  readonly files: readonly string[];
}

function header(scenario: Scenario, { userAgent, environment }: ScriptOptions, needed: Needed): string {
  const variables = [
    ...(environment ? [] : ['-e BASE_URL=https://…']),
    ...scenario.secrets.map((name) => `-e ${name}=…`),
    ...needed.variables.map((name) => `-e ${name}="$(cat ${PEM_FILES[name]})"`),
  ];
  return [
    `// ${inComment(scenario.name)}`,
    `// Made by ${inComment(userAgent)} from ${inComment(scenario.file)}; change that file and make it anew.`,
    ...needed.files.map((name) => `// It needs ${name} beside it, which holds the definitions of gRPC services.`),
    `// k6 run ${[...variables, `${scenario.id}.js`].join(' ')}`,
  ].join('\n');
}

function defaultFunction(scenario: Scenario, main: readonly Code[], always: readonly Code[]): string {
  const section = (name: string, limitMs: number, calls: readonly Code[]) => [
    `    ${name}(${limitMs}, () => {`,
    ...calls.map((code) => `      ${print(code, 6)};`),
    '    });',
  ];
  return [
    'export default function () {',
    '  iteration(() => {',
    ...(scenario.seed === null ? [] : [`    repeatable(${scenario.seed});`]),
    ...section('steps', scenario.timeoutMs, main),
    ...(always.length > 0 ? section('cleanUp', Math.min(scenario.timeoutMs, GRACE_MS), always) : []),
    '  });',
    '}',
  ].join('\n');
}

function variableCalls(scenario: Scenario, over: Readonly<Record<string, Template>>): Code[] {
  return scenario.variables.map(({ name, value }) =>
    call('set', quoted(name), valueCode(Object.hasOwn(over, name) ? over[name]! : value)),
  );
}

/** The parameters of an include, evaluated when the first of its steps begins. */
function parametersCode(name: string, { outer, values }: Parameters, all: ReadonlyMap<Parameters, string>): string {
  const made = withEnd(mapping(values.map((one) => [one.name, valueCode(one.value)])));
  const code = mapping([
    ['outer', outer ? all.get(outer)! : 'null'],
    ['values', prefixed('() => (', made)],
  ]);
  return `const ${name} = ${print(code)};`;
}

/** Rows without templates are the same for all virtual users, which then share one copy of them. */
function rowsCode(rows: readonly Template[]): string {
  if (!hasTemplates(rows)) {
    const made = prefixed('() => ', list(rows.map(valueCode)));
    return `const rows = ${print(call('new SharedArray', "'rows'", made))};`;
  }
  return `const rows = ${print(list(rows.map((row) => prefixed('() => (', withEnd(valueCode(row))))))};`;
}

const hasTemplates = (rows: readonly Template[]) => rows.some(({ kind }) => kind !== 'constant');

function withEnd(code: Code): Code {
  return typeof code === 'string' ? `${code})` : { ...code, after: ')' };
}

/** Hosts of the service, and of whole URLs that steps ask. */
function hostsOf(scenario: Scenario, { environment }: ScriptOptions): string[] {
  const urls = allSteps(scenario).flatMap(({ spec }) => {
    const { url } = spec as Partial<HttpSpec>;
    return url?.kind === 'constant' ? [String(url.value)] : [];
  });
  const known = [environment?.baseUrl ?? '', ...urls].flatMap((url) => URL.parse(url)?.hostname ?? []);
  return [...new Set(known)].filter((host) => host !== '');
}
