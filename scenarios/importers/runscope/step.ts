import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import { Expect } from '../expect.ts';
import type { ForeignVariables } from '../handlebars.ts';
import { exactJson } from '../literal.ts';
import { oneLine } from '../names.ts';
import { basicAuth, type ForeignBody, requestStep, withoutQuery } from '../request.ts';
import { isSecretName, type Secrets } from '../secrets.ts';

interface Context {
  readonly base: BaseUrl;
  readonly secrets: Secrets;
  readonly variables: ForeignVariables;
  readonly omissions: Omission[];
  /** Puts the address in that a URL begins with. */
  fill(url: string): string;
}

export function runscopeSteps(steps: unknown, context: Context): StepDraft[] {
  return listOf(steps)
    .filter(isMapping)
    .flatMap((step) => {
      const type = String(step.step_type ?? 'request');
      if (step.skipped === true)
        return lost(context, nameOf(step), 'the step', 'it is skipped', 'take it up again there and import once more');
      if (type === 'pause')
        return [{ name: 'waiting', fields: { pause: `${Math.max(1, Number(step.duration) || 1)}s` }, omissions: [] }];
      if (type === 'condition') return conditional(step, context);
      if (type === 'request' || step.url !== undefined) return request(step, context);
      return lost(
        context,
        nameOf(step),
        `the step of type ${type}`,
        type === 'subtest' ? 'it is another test' : 'a scenario has nothing for it',
        type === 'subtest' ? 'write it as a fragment, and "include" it' : 'write it by hand',
      );
    });
}

function lost({ omissions }: Context, item: string, what: string, why: string, instead: string): StepDraft[] {
  omissions.push({ item, what, why, instead });
  return [];
}

const nameOf = (step: Mapping) =>
  oneLine(String(step.note ?? '')) ||
  oneLine(`${String(step.method ?? '')} ${withoutQuery(String(step.url ?? step.step_type ?? 'step'))}`);

/** Steps that run on a condition each carry it. */
function conditional(step: Mapping, context: Context): StepDraft[] {
  const value = context.variables.translate(String(step.left_value ?? ''));
  const judged = conditionOf(String(step.comparison ?? ''), step.right_value, (written: unknown) =>
    context.variables.translate(String(written ?? '')),
  );
  if (!judged)
    return lost(
      context,
      `if ${String(step.left_value ?? '')} ${String(step.comparison ?? '')}`,
      'the condition and its steps',
      'the comparison says nothing that an operator says',
      'write the steps with "if"',
    );
  return runscopeSteps(step.steps, context).map((inner) => ({
    ...inner,
    fields: { if: { value, ...judged }, ...inner.fields },
  }));
}

function request(step: Mapping, context: Context): StepDraft[] {
  const { base, secrets, variables } = context;
  const translate = (written: unknown) => variables.translate(String(written ?? ''));
  const item = nameOf(step);
  const omissions: Omission[] = [];
  const omit = (what: string, why: string, instead: string) => {
    omissions.push({ item, what: secrets.blacken(what), why, instead });
  };
  for (const key of ['scripts', 'before_scripts']) {
    const scripts = listOf(step[key]).filter((script) =>
      typeof script === 'string' ? script.trim() !== '' : isMapping(script) && String(script.value ?? '').trim() !== '',
    );
    if (scripts.length > 0)
      omit(
        `${scripts.length === 1 ? 'a script' : `${scripts.length} scripts`} ${key === 'scripts' ? 'after' : 'before'} the request`,
        'a scenario runs no scripts',
        'write what it does with "expect", "capture" or "variables"',
      );
  }
  const headers = isMapping(step.headers)
    ? Object.entries(step.headers).flatMap(([name, values]) =>
        (Array.isArray(values) ? values : [values]).map((value) => [translate(name), translate(value)] as const),
      )
    : [];
  const expect = new Expect();
  for (const assertion of listOf(step.assertions).filter(isMapping)) {
    const why = addAssertion(assertion, expect, translate);
    if (why !== null)
      omit(
        `the assertion ${[assertion.source, assertion.property, assertion.comparison, assertion.value].filter((part) => part !== null && part !== undefined && part !== '').join(' ')}`,
        why,
        'write it with "expect"',
      );
  }
  const url = base
    .relative(context.fill(String(step.url ?? '')))
    .replace(/^(https?:\/\/)?\{\{[^{}]*\}\}(?=\/|\?|$)/, '');
  const made = requestStep(
    item,
    {
      method: String(step.method ?? 'GET'),
      url: translate(url === '' ? '/' : url),
      headers,
      body: bodyOf(step, translate),
      auth: authOf(step, translate, secrets, omit),
      maxRedirects: /^(GET|HEAD)$/i.test(String(step.method ?? 'GET')) ? 10 : 0,
    },
    secrets,
    expect.written() ? { expect: expect.written() } : {},
    omissions,
  );
  if (!('name' in made)) {
    context.omissions.push(...made.lost);
    return [];
  }
  const capture = captures(step, variables, omit);
  return [{ ...made, fields: { ...made.fields, ...(Object.keys(capture).length > 0 ? { capture } : {}) } }];
}

type Omit = (what: string, why: string, instead: string) => void;

function authOf(
  step: Mapping,
  translate: (written: unknown) => string,
  secrets: Secrets,
  omit: Omit,
): Record<string, unknown> | null {
  const auth = isMapping(step.auth) ? step.auth : null;
  if (!auth || Object.keys(auth).length === 0) return null;
  if (auth.auth_type === 'basic' || (auth.username !== undefined && auth.auth_type === undefined))
    return basicAuth(translate(auth.username), translate(auth.password), secrets);
  omit(
    `the authentication ${String(auth.auth_type ?? 'unknown')}`,
    'it is not carried over',
    'write "auth" with secrets',
  );
  return null;
}

function bodyOf(step: Mapping, translate: (written: unknown) => string): ForeignBody | null {
  const form = isMapping(step.form) ? step.form : isMapping(step.form_params) ? step.form_params : {};
  const fields = Object.entries(form).flatMap(([name, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => [translate(name), translate(value)] as const),
  );
  if (fields.length > 0) return { kind: 'form', fields };
  const body = typeof step.body === 'string' ? step.body : '';
  if (body.trim() === '') return null;
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return translate(value);
    if (Array.isArray(value)) return value.map(deep);
    return isMapping(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner)]))
      : value;
  };
  const json = exactJson(body);
  return { kind: 'text', text: translate(body), ...(json ? { json: { value: deep(json.value) } } : {}) };
}

function captures(step: Mapping, variables: ForeignVariables, omit: Omit): Record<string, unknown> {
  const capture: Record<string, unknown> = {};
  for (const variable of listOf(step.variables).filter(isMapping)) {
    const name = String(variable.name ?? '');
    const property = String(variable.property ?? '');
    const from: Record<string, unknown> | null =
      variable.source === 'response_json'
        ? { jsonpath: jsonPath(property) }
        : variable.source === 'response_headers' || variable.source === 'response_header'
          ? { header: property.toLowerCase() }
          : variable.source === 'response_status'
            ? { status: true }
            : variable.source === 'response_text'
              ? { body: true }
              : variable.source === 'response_xml'
                ? { xpath: property }
                : null;
    if (name === '' || !from) {
      omit(
        `the variable ${name} from ${String(variable.source)}`,
        'a capture does not take that',
        'write it under "capture"',
      );
      continue;
    }
    const secret = isSecretName(name);
    capture[variables.capture(name)] = secret ? { ...from, secret: true } : 'jsonpath' in from ? from.jsonpath : from;
  }
  return capture;
}

/** @returns why it cannot be said; null when it was added */
function addAssertion(
  { source, property, comparison, value }: Mapping,
  expect: Expect,
  translate: (written: unknown) => string,
): string | null {
  const judged = conditionOf(String(comparison ?? ''), value, translate);
  if (!judged) return `the comparison ${String(comparison)} says nothing that an operator says`;
  const already = 'the same value is judged in this way already';
  const put = (kind: string, name: string | null, condition: Record<string, unknown>) =>
    expect.add(kind, name, condition) ? null : already;
  const asText = () =>
    Object.fromEntries(
      Object.entries(judged).map(([operator, operand]) => [
        operator,
        typeof operand === 'number' && ['equals', 'not', 'contains'].includes(operator) ? String(operand) : operand,
      ]),
    );
  switch (source) {
    case 'response_status':
      return put('status', null, numbers(judged));
    case 'response_json':
      return put('jsonpath', jsonPath(String(property ?? '')), judged);
    case 'response_headers':
    case 'response_header':
      return put('header', String(property ?? '').toLowerCase(), asText());
    case 'response_text':
      return put('body', null, asText());
    case 'response_xml':
      return put('xpath', String(property ?? ''), asText());
    case 'response_size':
      return put('bytes', null, numbers(judged));
    case 'response_time': {
      const limits = Object.entries(numbers(judged)).filter(([operator]) =>
        ['lt', 'lte', 'gt', 'gte'].includes(operator),
      );
      return limits.length > 0
        ? put('duration', null, Object.fromEntries(limits.map(([operator, ms]) => [operator, `${ms}ms`])))
        : 'a duration is compared with lt, lte, gt or gte';
    }
    default:
      return `a scenario does not judge ${String(source)}`;
  }
}

function numbers(condition: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, operand]) => [
      operator,
      typeof operand === 'string' && /^\d+$/.test(operand) ? Number(operand) : operand,
    ]),
  );
}

function conditionOf(
  comparison: string,
  written: unknown,
  translate: (written: unknown) => string,
): Record<string, unknown> | null {
  const value = typeof written === 'string' ? translate(written) : (written ?? '');
  const number = typeof value === 'string' && /^-?\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value;
  switch (comparison) {
    case 'equal':
      return { equals: value };
    case 'not_equal':
      return { not: value };
    case 'equal_number':
      return { equals: number };
    case 'not_equal_number':
      return { not: number };
    case 'contains':
    case 'has_value':
    case 'has_key':
      return { contains: value };
    case 'does_not_contain':
      return { not: { contains: value } };
    case 'is_greater_than':
      return { gt: number };
    case 'is_less_than':
      return { lt: number };
    case 'is_greater_than_or_equal':
      return { gte: number };
    case 'is_less_than_or_equal':
      return { lte: number };
    case 'empty':
      return { count: 0 };
    case 'not_empty':
      return { count: { gt: 0 } };
    case 'is_null':
      return { equals: null };
    default:
      return null;
  }
}

/** `data.items[0].id` as a JSONPath. */
function jsonPath(property: string): string {
  if (property === '' || property.startsWith('$')) return property || '$';
  const path = property.replace(/(^|\.)([^.[\]]+)/g, (_, __, key: string) =>
    /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : /^\d+$/.test(key) ? `[${key}]` : `['${key.replace(/'/g, "\\'")}']`,
  );
  return `$${path}`;
}
