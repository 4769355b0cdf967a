import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft } from '../draft.ts';
import { durationText, goDuration } from '../duration.ts';
import { type Importer, refusal } from '../importer.ts';
import { exactJson, literal, literalValue } from '../literal.ts';
import { identifier, oneLine } from '../names.ts';
import { requestFields, withoutQuery } from '../request.ts';
import { Secrets } from '../secrets.ts';
import { readStructure } from '../structure.ts';
import { readConditions } from './conditions.ts';

/** Configurations of Gatus (https://github.com/TwiN/gatus): each endpoint becomes a scenario of one step. */
export const importer: Importer = {
  format: 'gatus',
  reads: 'a configuration of Gatus (YAML)',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    const endpoints = isMapping(root) ? listOf(root.endpoints ?? root.services).filter(isMapping) : [];
    if (!isMapping(root) || endpoints.length === 0)
      return refusal('it has no endpoints', 'the endpoints of Gatus stand under "endpoints"');
    const base = new BaseUrl(endpoints.map(({ url }) => String(url ?? '')));
    const omissions: Omission[] = [];
    for (const key of ['external-endpoints', 'suites', 'alerting'] as const)
      if (root[key] !== undefined)
        omissions.push({
          item: source.name,
          what: key,
          why: key === 'alerting' ? 'who is told stands in alert policies' : 'they are no requests of their own',
          instead: key === 'alerting' ? 'write channels in ringdown.yaml and a policy' : 'write a scenario for each',
        });
    const drafts = endpoints.flatMap((endpoint): ScenarioDraft[] => {
      const name =
        oneLine([endpoint.group, endpoint.name].filter((part) => typeof part === 'string').join(' ')) || 'endpoint';
      const omit = (what: string, why: string, instead: string) => {
        omissions.push({ item: name, what, why, instead });
      };
      if (endpoint.enabled === false) {
        omit('the endpoint', 'it is not enabled', 'enable it in Gatus and import again');
        return [];
      }
      const service = options.service ?? serviceOf(httpUrl(endpoint)) ?? (name.split(' ')[0] || 'imported');
      const secrets = new Secrets(service);
      const text = (value: unknown) => environment(literal(String(value ?? '')));
      const fields = stepFields(endpoint, base, secrets, text, omit);
      if (!fields) return [];
      const { expect, rest } = readConditions(listOf(endpoint.conditions).map(String), text);
      for (const { condition, why } of rest) omit(`the condition ${condition}`, why, 'write it with "expect"');
      if (endpoint.alerts !== undefined)
        omit(
          'its alerts',
          'who is told stands in alert policies',
          'tag the scenario, and choose by the tag in a policy',
        );
      const every = goDuration(String(endpoint.interval ?? '60s')) ?? 60_000;
      return [
        {
          name,
          service,
          settings: { schedule: { every: durationText(every, true) } },
          steps: [
            {
              name: `checking ${name}`,
              fields: secrets.replace({ ...fields, ...(expect ? { expect } : {}) }),
              omissions: omissions.filter(({ item }) => item === name),
            },
          ],
        },
      ];
    });
    // What belongs to a step stands there.
    const names = new Set(drafts.map(({ name }) => name));
    return {
      scenarios: drafts,
      omissions: omissions.filter(({ item }) => !names.has(item)),
      baseUrls: base.url ? [base.url, ...base.others] : [],
    };
  },
};

/** `${NAME}` and `$NAME` are variables of the environment. */
function environment(text: string): string {
  return text.replace(
    /\$\{([A-Za-z_]\w*)\}|\$([A-Z_][A-Z0-9_]+)/g,
    (_, braced: string, bare: string) => `{{ secrets.${identifier(braced ?? bare)} }}`,
  );
}

function httpUrl({ url }: Mapping): string | null {
  return typeof url === 'string' && /^https?:/i.test(url) ? url : null;
}

type Omit = (what: string, why: string, instead: string) => void;

function stepFields(
  endpoint: Mapping,
  base: BaseUrl,
  secrets: Secrets,
  text: (value: unknown) => string,
  omit: Omit,
): Record<string, unknown> | null {
  const url = String(endpoint.url ?? '');
  const client = isMapping(endpoint.client) ? endpoint.client : {};
  const settings = clientSettings(client, omit);
  const [, scheme = '', address = ''] = /^([a-z]+):\/\/(.*)$/i.exec(url) ?? [];
  if (isMapping(endpoint.dns)) {
    const server = url.replace(/^dns:\/\//, '');
    return {
      dns: {
        name: text(endpoint.dns['query-name']).replace(/\.$/, ''),
        type: String(endpoint.dns['query-type'] ?? 'A'),
        ...(server ? { server: server.includes(':') ? server : `${server}:53` } : {}),
      },
      ...settings,
    };
  }
  if (scheme === 'tcp')
    return { tcp: { address: text(address), ...(endpoint.body ? { send: text(endpoint.body) } : {}) }, ...settings };
  if (scheme === 'tls') return { tls: { address: text(address) }, ...settings };
  if (/^wss?$/.test(scheme))
    return {
      websocket: {
        url: text(url),
        ...(endpoint.body ? { messages: [{ send: text(endpoint.body) }, { receive: {}, within: '5s' }] } : {}),
      },
      ...settings,
    };
  if (!/^https?$/i.test(scheme)) {
    omit(
      `the address ${withoutQuery(url)}`,
      `a scenario does not check ${scheme || 'it'}`,
      'watch it with what is made for it',
    );
    return null;
  }
  const body = endpoint.body === undefined ? null : text(endpoint.body);
  const headers = isMapping(endpoint.headers)
    ? Object.entries(endpoint.headers).map(([name, value]) => [name, text(value)] as const)
    : [];
  const json = body === null ? undefined : exactJson(String(endpoint.body));
  const graphql = endpoint.graphql === true && body !== null;
  const method = String(endpoint.method ?? (graphql ? 'POST' : 'GET'));
  return mergedFields(
    requestFields(
      {
        method,
        url: text(base.relative(url)),
        headers,
        body: graphql
          ? { kind: 'json', value: { query: body } }
          : body === null || body === ''
            ? null
            : { kind: 'text', text: body, ...(json ? { json: { value: literalValue(json.value) } } : {}) },
        maxRedirects: client['ignore-redirect'] === true || !/^(GET|HEAD)$/i.test(method) ? 0 : 10,
      },
      secrets,
      omit,
    ),
    settings,
  );
}

function mergedFields(
  fields: Record<string, unknown> | null,
  settings: Record<string, unknown>,
): Record<string, unknown> | null {
  return fields && { ...fields, ...settings };
}

function clientSettings(client: Mapping, omit: Omit): Record<string, unknown> {
  const connection: Record<string, unknown> = {};
  if (client.insecure === true) connection.verify = false;
  if (typeof client['proxy-url'] === 'string') connection.proxy = client['proxy-url'];
  if (client.network === 'ip4' || client.network === 'ip6') connection.ip = client.network === 'ip4' ? 4 : 6;
  for (const key of Object.keys(client))
    if (!['insecure', 'ignore-redirect', 'timeout', 'proxy-url', 'network'].includes(key))
      omit(`client.${key}`, 'it is not carried over', 'see "connection" and "auth" in docs/scenarios.md');
  const timeout = typeof client.timeout === 'string' ? goDuration(client.timeout) : undefined;
  return {
    ...(Object.keys(connection).length > 0 ? { connection } : {}),
    ...(timeout ? { timeout: durationText(timeout) } : {}),
  };
}
