import type { ActionStep, Connection, Decision, Parameters, Repeat, Scenario, Step } from '../../language/model.ts';
import { template } from '../../language/template.ts';
import { normalizeCondition } from '../assertions/condition.ts';
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
  /** Instead of a request, as `pause: 2s`. */
  pauseMs?: number;
  /** `value` with operators, as in a file. */
  if?: { value: unknown } & Record<string, unknown>;
  repeat?: { until: Record<string, unknown>; everyMs?: number; atMost: number };
  connection?: Connection;
  parameters?: Parameters;
  expect?: Record<string, unknown>;
  warn?: Record<string, unknown>;
  /** JSONPath by name; `!` in front of it makes the capture secret. */
  capture?: Record<string, string>;
  timeoutMs?: number;
  maxRedirects?: number;
}

/** Steps that are started together. */
export interface GroupSketch {
  name?: string;
  if?: StepSketch['if'];
  parallel: StepSketch[];
}

type Sketch = StepSketch | GroupSketch;
type Sections = 'before' | 'steps' | 'after' | 'always';

/** Builds a scenario without a file, for tests of the engine. */
export function sketchScenario(
  steps: Sketch[],
  more: Partial<Omit<Scenario, Sections | 'variables' | 'data'>> & {
    before?: Sketch[];
    after?: Sketch[];
    always?: Sketch[];
    variables?: Record<string, unknown>;
    data?: Record<string, unknown>[];
  } = {},
): Scenario {
  const { before = [], after = [], always = [], variables = {}, data, ...rest } = more;
  let made = 0;
  const sketched = (section: Sketch[]) => section.map((step) => sketchStep(step, made++));
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
    locations: null,
    connection: null,
    cookies: true,
    seed: null,
    secrets: [],
    dependsOn: [],
    load: null,
    slo: null,
    alert: null,
    quarantine: null,
    ...rest,
    data: data ? data.map((row) => template(row)) : null,
    variables: fields(variables),
    steps: sketched(steps),
    before: sketched(before),
    after: sketched(after),
    always: sketched(always),
  };
}

function sketchStep(sketch: Sketch, index: number): Step {
  if (!('parallel' in sketch)) return sketchAction(sketch, `step ${index + 1}`);
  const name = sketch.name ?? `step ${index + 1}`;
  const steps = sketch.parallel.map((step, inner) => sketchAction(step, `${name}.${inner + 1}`));
  return { kind: 'parallel', name, parameters: null, if: decisionOf(sketch.if), steps };
}

function sketchAction(sketch: StepSketch, name: string): ActionStep {
  const paused = sketch.pauseMs !== undefined;
  return {
    kind: paused ? 'pause' : 'http',
    name: sketch.name ?? name,
    parameters: sketch.parameters ?? null,
    if: decisionOf(sketch.if),
    repeat: repeatOf(sketch.repeat),
    connection: sketch.connection ?? null,
    timeoutMs: sketch.timeoutMs ?? null,
    spec: paused ? { lengthMs: sketch.pauseMs } : specOf(sketch),
    expect: expectations({ ...(paused ? {} : { status: '2xx' }), ...sketch.expect }),
    warn: expectations(sketch.warn ?? {}),
    capture: Object.entries(sketch.capture ?? {}).map(([name, path]) => ({
      name,
      from: { kind: 'jsonpath', spec: path.replace(/^!/, '') },
      secret: path.startsWith('!'),
    })),
  };
}

function specOf(sketch: StepSketch): HttpSpec {
  const [, method = 'GET', url = '/'] = /^(\S+) (.+)$/.exec(sketch.request ?? '') ?? [];
  return {
    method,
    url: template(url, 'url'),
    route: url.split('?')[0]!,
    query: fields(sketch.query ?? {}),
    headers: Object.entries(sketch.headers ?? {}).map(([name, value]) => ({ name, value: template(value, 'header') })),
    body: bodyOf(sketch),
    auth: authOf(sketch),
    maxRedirects: sketch.maxRedirects ?? 0,
  };
}

const fields = (values: Record<string, unknown>) =>
  Object.entries(values).map(([name, value]) => ({ name, value: template(value) }));

const expectations = (written: Record<string, unknown>) =>
  Object.entries(written).map(([kind, spec]) => ({
    kind,
    spec: template(assertionKind(kind)!.normalize(spec, noFiles)),
  }));

function decisionOf(written: StepSketch['if']): Decision | null {
  if (!written) return null;
  const { value, ...condition } = written;
  return { value: template(value), condition: template(normalizeCondition(condition)) };
}

function repeatOf(written: StepSketch['repeat']): Repeat | null {
  return written ? { until: expectations(written.until), everyMs: written.everyMs ?? 0, atMost: written.atMost } : null;
}

function bodyOf({ json, form, text }: StepSketch): HttpSpec['body'] {
  if (json !== undefined) return { kind: 'json', value: template(json) };
  if (form) return { kind: 'form', fields: fields(form) };
  return text === undefined ? null : { kind: 'text', value: template(text) };
}

function authOf({ bearer, basic }: StepSketch): HttpSpec['auth'] {
  if (bearer !== undefined) return { kind: 'bearer', token: template(bearer) };
  return basic ? { kind: 'basic', username: template(basic[0]), password: template(basic[1]) } : null;
}
