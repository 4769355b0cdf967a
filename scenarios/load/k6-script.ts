import { type Diagnostic, diagnosticAt, inOrder, type Path, readDocument } from '../../core/document/index.ts';
import {
  type ActionStep,
  type Connection,
  isParallel,
  type Parameters,
  type Scenario,
  type Step,
} from '../language/model.ts';
import type { Template } from '../language/template.ts';
import { entriesOf as fieldsOf, listOf } from '../language/written.ts';
import { type Code, call, flat, inComment, list, mapping, prefixed, print, quoted } from './code.ts';
import { connectionCode, refuseOwnConnection } from './connection-code.ts';
import { valueCode } from './expression.ts';
import { GRACE_MS, optionsCode } from './load-options.ts';
import { Names } from './names.ts';
import { Refused } from './refusal.ts';
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
}

/** Exactly one of the two: what k6 cannot do is refused as a whole, every place named. */
export type Script = { readonly script: string } | { readonly refusals: readonly Diagnostic[] };

/**
 * The scenario as a script for k6 (https://grafana.com/docs/k6): one function per step, secrets from environment
 * variables, and at the end the little that judges and fills in as the engine does. One iteration is one attempt; where
 * there is `data`, one with one row.
 */
export function k6Script(scenario: Scenario, options: ScriptOptions): Script {
  const refusals: Diagnostic[] = [];
  const attempt = <T>(step: string | null, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(refusal(error, step, scenario, options.text));
      return undefined;
    }
  };

  const names = new Names(runtimeNames);
  const functions: string[] = [];
  const files = new ScriptFiles();
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
    const code = attempt(step.name, () => make(step, name, files));
    if (code) functions.push(code);
    const parameters = step.parameters ? [parametersName(step.parameters)] : [];
    return [quoted(step.name), name, ...parameters];
  };
  const stepCall = (step: Step): Code | undefined => {
    if (!isParallel(step)) return call('step', ...define(step, stepFunction));
    const condition = step.if;
    const decision = condition && attempt(step.name, () => prefixed('() => ', flat(decisionCode(condition))));
    const parameters = step.parameters ? [parametersName(step.parameters)] : [];
    return call(
      'parallel',
      list(step.steps.map((inner) => list(define(inner, parallelFunction)))),
      ...(decision ? [decision, ...parameters] : []),
    );
  };
  const lines = (steps: readonly Step[]) => steps.flatMap((step) => stepCall(step) ?? []);

  for (const { name, connection } of allSteps(scenario)) attempt(name, () => refuseOwnConnection(connection));
  const main = [
    ...(attempt(null, () => variableCalls(scenario, options.variables ?? {})) ?? []),
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
  const connection = { ...options.connection, ...scenario.connection };
  const load = attempt(null, () => optionsCode(scenario, connectionCode(connection, options.environment)));
  const constants = attempt(null, () => [
    ...(scenario.data ? [rowsCode(scenario.data)] : []),
    ...[files.declaration()].flatMap((made) => (made ? [`const files = ${print(made)};`] : [])),
    ...[...included].map(([parameters, name]) => parametersCode(name, parameters, included)),
  ]);
  if (refusals.length > 0 || !load || !constants) return { refusals: inOrder(refusals) };

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
  return { script: `${[header(scenario, options), imports, '', body, '', RULER, '', runtime].join('\n')}\n` };
}

const RULER = '// From here on: how Ringdown fills in, judges and counts; the same for every scenario.';

function baseUrlCode({ environment }: ScriptOptions): string {
  return environment ? `(__ENV.BASE_URL || ${quoted(environment.baseUrl)})` : "needed('BASE_URL')";
}

function header(scenario: Scenario, { userAgent, environment }: ScriptOptions): string {
  const variables = [
    ...(environment ? [] : ['-e BASE_URL=https://…']),
    ...scenario.secrets.map((name) => `-e ${name}=…`),
  ];
  return [
    `// ${inComment(scenario.name)}`,
    `// Made by ${inComment(userAgent)} from ${inComment(scenario.file)}; change that file and make it anew.`,
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

export function allSteps({ before, steps, after, always }: Scenario): ActionStep[] {
  return [...before, ...steps, ...after, ...always].flatMap((step) => (isParallel(step) ? step.steps : [step]));
}

/** Says where in the file it stands; a step of a fragment, or nothing in particular, is the file's beginning. */
function refusal({ message, hint }: Refused, step: string | null, scenario: Scenario, text: string): Diagnostic {
  const doc = readDocument(text, scenario.file);
  const path: Path = (step === null ? undefined : pathOf(doc.value, step)) ?? [];
  const where = step === null ? '' : `step "${step}": `;
  return diagnosticAt(doc, path, `${where}k6 cannot do ${message}`, hint);
}

function pathOf(file: unknown, name: string): Path | undefined {
  const search = (steps: unknown, path: Path): Path | undefined => {
    for (const [index, step] of listOf(steps).entries()) {
      const fields = new Map(fieldsOf(step));
      if (fields.get('name') === name) return [...path, index, 'name'];
      const inner = search(fields.get('parallel'), [...path, index, 'parallel']);
      if (inner) return inner;
    }
    return undefined;
  };
  for (const section of ['before', 'steps', 'after', 'always']) {
    const found = search(new Map(fieldsOf(file)).get(section), [section]);
    if (found) return found;
  }
  return undefined;
}
