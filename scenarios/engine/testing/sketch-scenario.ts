import type { ActionStep, Scenario } from '../../language/model.ts';
import { template } from '../../language/template.ts';
import { assertionKind } from '../assertions/registry.ts';
import { noFiles } from '../files.ts';
import type { HttpSpec } from '../protocols/http/spec.ts';

/** A step as a test writes it; everything else is as a scenario file would have it by default. */
export interface StepSketch {
  name?: string;
  request?: string;
  json?: unknown;
  form?: Record<string, string>;
  text?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  bearer?: string;
  basic?: [username: string, password: string];
  expect?: Record<string, unknown>;
  warn?: Record<string, unknown>;
  /** JSONPath by name; `!` in front of it makes the capture secret. */
  capture?: Record<string, string>;
  timeoutMs?: number;
  maxRedirects?: number;
}

/** Builds a scenario without a file, for tests of the engine. */
export function sketchScenario(
  steps: StepSketch[],
  more: Partial<Omit<Scenario, 'steps' | 'always' | 'variables'>> & {
    always?: StepSketch[];
    variables?: Record<string, unknown>;
  } = {},
): Scenario {
  const { always = [], variables = {}, ...rest } = more;
  return {
    id: 'sketch',
    name: 'A sketch',
    service: 'api',
    owner: null,
    runbook: null,
    tags: ['test'],
    file: 'sketch.scenario.yaml',
    schedule: null,
    timeoutMs: 10_000,
    retry: { times: 0, delayMs: 0 },
    environments: null,
    connection: null,
    cookies: true,
    seed: null,
    secrets: [],
    data: null,
    before: [],
    after: [],
    dependsOn: [],
    load: null,
    slo: null,
    alert: null,
    quarantine: null,
    ...rest,
    variables: fields(variables),
    steps: steps.map(sketchStep),
    always: always.map((step, index) => sketchStep(step, index + steps.length)),
  };
}

function sketchStep(sketch: StepSketch, index: number): ActionStep {
  const [, method = 'GET', url = '/'] = /^(\S+) (.+)$/.exec(sketch.request ?? '') ?? [];
  const spec: HttpSpec = {
    method,
    url: template(url, 'url'),
    route: url.split('?')[0]!,
    query: fields(sketch.query ?? {}),
    headers: Object.entries(sketch.headers ?? {}).map(([name, value]) => ({ name, value: template(value, 'header') })),
    body: bodyOf(sketch),
    auth: authOf(sketch),
    maxRedirects: sketch.maxRedirects ?? 0,
  };
  return {
    kind: 'http',
    name: sketch.name ?? `step ${index + 1}`,
    parameters: null,
    if: null,
    repeat: null,
    connection: null,
    timeoutMs: sketch.timeoutMs ?? null,
    spec,
    expect: expectations({ status: '2xx', ...sketch.expect }),
    warn: expectations(sketch.warn ?? {}),
    capture: Object.entries(sketch.capture ?? {}).map(([name, path]) => ({
      name,
      from: { kind: 'jsonpath', spec: path.replace(/^!/, '') },
      secret: path.startsWith('!'),
    })),
  };
}

const fields = (values: Record<string, unknown>) =>
  Object.entries(values).map(([name, value]) => ({ name, value: template(value) }));

const expectations = (written: Record<string, unknown>) =>
  Object.entries(written).map(([kind, spec]) => ({
    kind,
    spec: template(assertionKind(kind)!.normalize(spec, noFiles)),
  }));

function bodyOf({ json, form, text }: StepSketch): HttpSpec['body'] {
  if (json !== undefined) return { kind: 'json', value: template(json) };
  if (form) return { kind: 'form', fields: fields(form) };
  return text === undefined ? null : { kind: 'text', value: template(text) };
}

function authOf({ bearer, basic }: StepSketch): HttpSpec['auth'] {
  if (bearer !== undefined) return { kind: 'bearer', token: template(bearer) };
  return basic ? { kind: 'basic', username: template(basic[0]), password: template(basic[1]) } : null;
}
