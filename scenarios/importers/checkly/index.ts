import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft } from '../draft.ts';
import { durationText } from '../duration.ts';
import { ForeignVariables } from '../handlebars.ts';
import { type Importer, refusal } from '../importer.ts';
import { exactJson } from '../literal.ts';
import { oneLine } from '../names.ts';
import { basicAuth, type ForeignBody, requestFields } from '../request.ts';
import { isSecretName, Secrets } from '../secrets.ts';
import { readStructure } from '../structure.ts';
import { readAssertions } from './assertions.ts';

type Omit = (what: string, why: string, instead: string) => void;

/** Checks of Checkly as JSON: of its API (`GET /v1/checks`), or of the resources that its command line deploys. */
export const importer: Importer = {
  format: 'checkly',
  reads: 'checks of Checkly as JSON (its API, or its resources)',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    const checks = checksIn(root);
    if (checks.length === 0)
      return refusal('it has no checks', 'export them as JSON: GET https://api.checklyhq.com/v1/checks');
    const base = new BaseUrl(checks.map(({ request }) => (isMapping(request) ? text(request.url) : '')));
    const omissions: Omission[] = [];
    const drafts = checks.flatMap((check): ScenarioDraft[] => {
      const name = oneLine(text(check.name)) || 'check';
      const own: Omission[] = [];
      const omit: Omit = (what, why, instead) => {
        own.push({ item: name, what, why, instead });
      };
      const made = scenarioOf(check, name, base, options.service, omit, own);
      if (!made) omissions.push(...own);
      return made ? [made] : [];
    });
    return { scenarios: drafts, omissions, baseUrls: base.url ? [base.url, ...base.others] : [] };
  },
};

function checksIn(root: unknown): Mapping[] {
  const list = Array.isArray(root)
    ? root
    : isMapping(root)
      ? (root.checks ?? root.resources ?? root.data ?? [root])
      : [];
  return listOf(list)
    .filter(isMapping)
    .map((entry) =>
      isMapping(entry.payload) ? { ...entry.payload, checkType: entry.payload.checkType ?? entry.type } : entry,
    )
    .filter((check) => check.checkType !== undefined || check.request !== undefined);
}

function scenarioOf(
  check: Mapping,
  name: string,
  base: BaseUrl,
  serviceName: string | undefined,
  omit: Omit,
  own: Omission[],
): ScenarioDraft | null {
  const type = text(check.checkType).toUpperCase() || 'API';
  if (!['API', 'URL', 'TCP'].includes(type)) {
    omit(
      `the check of type ${type}`,
      type === 'BROWSER' || type === 'MULTI_STEP' || type === 'PLAYWRIGHT'
        ? 'it is a script for a browser or for Playwright'
        : 'a scenario has no step for it',
      'write its requests as steps, or record them and import the HAR file',
    );
    return null;
  }
  const request = isMapping(check.request) ? check.request : {};
  const service =
    serviceName ?? serviceOf(/^https?:/.test(text(request.url)) ? text(request.url) : base.url) ?? 'imported';
  const secrets = new Secrets(service);
  const known = new Map(
    listOf(check.environmentVariables).flatMap((entry) =>
      isMapping(entry) ? [[text(entry.key), text(entry.value)] as const] : [],
    ),
  );
  const variables = new ForeignVariables(secrets, known, generator);
  const translate = (written: unknown) => variables.translate(text(written));
  const { expect, rest } = readAssertions(listOf(request.assertions).filter(isMapping), (written) =>
    variables.translate(written),
  );
  for (const { assertion, why } of rest) omit(`the assertion ${assertion}`, why, 'write it with "expect"');
  for (const key of [
    'setupScript',
    'tearDownScript',
    'localSetupScript',
    'localTearDownScript',
    'setupSnippetId',
    'tearDownSnippetId',
  ])
    if (check[key]) omit(key, 'it is a script', 'write what it does as a step of "before" or "after"');
  const locations = listOf(check.locations);
  if (locations.length > 0)
    omit(`the locations ${locations.join(', ')}`, 'a watcher runs where it stands', 'start a watcher in each place');
  if (listOf(check.alertChannels ?? check.alertChannelSubscriptions).length > 0)
    omit('alert channels', 'who is told stands in alert policies', 'write channels in ringdown.yaml and a policy');
  const fields: Record<string, unknown> | null =
    type === 'TCP'
      ? {
          tcp: {
            address: `${text(request.hostname)}:${text(request.port)}`,
            ...(text(request.data) ? { send: translate(request.data) } : {}),
          },
        }
      : httpFields(request, base, secrets, variables, omit);
  if (!fields) return null;
  const limit = Number(check.maxResponseTime);
  const degraded = Number(check.degradedResponseTime);
  const wanted = { ...expect, ...(limit > 0 && !expect?.duration ? { duration: { lt: durationText(limit) } } : {}) };
  const retry = isMapping(check.retryStrategy) ? check.retryStrategy : {};
  const times = Math.min(10, Number(retry.maxRetries ?? (check.doubleCheck === true ? 1 : 0)) || 0);
  const every =
    Number(check.frequency) > 0 ? Number(check.frequency) * 60_000 : (Number(check.frequencyOffset) || 0) * 1_000;
  for (const missing of variables.withoutValue)
    omit(`the value of {{${missing}}}`, 'it stands in the settings of the account', 'set it under "variables"');
  const fieldsWith = {
    ...fields,
    ...(Object.keys(wanted).length > 0 ? { expect: wanted } : {}),
    ...(degraded > 0 ? { warn: { duration: { lt: durationText(degraded) } } } : {}),
  };
  const tags = listOf(check.tags).filter(
    (tag) => typeof tag === 'string' && /^[A-Za-z0-9][\w.:-]*$/.test(tag),
  ) as string[];
  return {
    name,
    service,
    tags: [...new Set(tags)],
    settings: {
      ...(every > 0 && check.activated !== false ? { schedule: { every: durationText(every, true) } } : {}),
      ...(times > 0 ? { retry: { times, delay: durationText((Number(retry.baseBackoffSeconds) || 1) * 1_000) } } : {}),
    },
    variables: secrets.replace(variables.variables),
    steps: [{ name: `checking ${name}`, fields: secrets.replace(fieldsWith), omissions: own }],
  };
}

function httpFields(
  request: Mapping,
  base: BaseUrl,
  secrets: Secrets,
  variables: ForeignVariables,
  omit: Omit,
): Record<string, unknown> | null {
  const translate = (written: unknown) => variables.translate(text(written));
  const pairs = (value: unknown) =>
    listOf(value).flatMap((entry) =>
      isMapping(entry) && text(entry.key) !== ''
        ? [
            [
              translate(entry.key),
              entry.locked === true && !isSecretName(text(entry.key))
                ? secrets.hide(text(entry.key), translate(entry.value))
                : translate(entry.value),
            ] as const,
          ]
        : [],
    );
  const basic = isMapping(request.basicAuth) && text(request.basicAuth.username) !== '' ? request.basicAuth : null;
  const method = text(request.method) || 'GET';
  // A template at the beginning is the address: base_url.
  const url = base.relative(text(request.url)).replace(/^\{\{[^{}]*\}\}(?=\/|$)/, '') || '/';
  const fields = requestFields(
    {
      method,
      url: translate(url),
      query: pairs(request.queryParameters),
      headers: [
        ...pairs(request.headers),
        ...(text(request.bodyType) === 'JSON' || text(request.bodyType) === 'GRAPHQL'
          ? [['Content-Type', 'application/json'] as const]
          : []),
      ],
      body: bodyOf(request, translate),
      auth: basic ? basicAuth(translate(basic.username), translate(basic.password), secrets) : null,
      maxRedirects: request.followRedirects === false || !/^(GET|HEAD)$/i.test(method) ? 0 : 10,
    },
    secrets,
    omit,
  );
  return (
    fields && {
      ...fields,
      ...(request.skipSSL === true || request.skipSsl === true ? { connection: { verify: false } } : {}),
    }
  );
}

function bodyOf(request: Mapping, translate: (written: unknown) => string): ForeignBody | null {
  const body = text(request.body);
  if (body === '' || text(request.bodyType) === 'NONE') return null;
  if (text(request.bodyType) === 'FORM')
    return {
      kind: 'form',
      fields: [...new URLSearchParams(body)].map(([name, value]) => [translate(name), translate(value)]),
    };
  const deep = (value: unknown): unknown => {
    if (typeof value === 'string') return translate(value);
    if (Array.isArray(value)) return value.map(deep);
    return isMapping(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deep(item)])) : value;
  };
  if (text(request.bodyType) === 'GRAPHQL') return { kind: 'json', value: { query: translate(body) } };
  const json = exactJson(body);
  return { kind: 'text', text: translate(body), ...(json ? { json: { value: deep(json.value) } } : {}) };
}

/** https://www.checklyhq.com/docs/api-checks/variables: dynamic values. */
function generator(written: string): string | undefined {
  const known: Record<string, string> = { $UUID: '$uuid', $RANDOM_NUMBER: '$random_int', moment: '$now' };
  if (Object.hasOwn(known, written)) return known[written];
  return /^moment\b/.test(written) ? '$now' : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
