import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft } from '../draft.ts';
import { durationText } from '../duration.ts';
import { Expect } from '../expect.ts';
import { type Importer, refusal } from '../importer.ts';
import { exactJson, literal, literalValue } from '../literal.ts';
import { oneLine } from '../names.ts';
import { basicAuth, requestFields } from '../request.ts';
import { Secrets } from '../secrets.ts';
import { readStructure } from '../structure.ts';

type Omit = (what: string, why: string, instead: string) => void;

/** Backups of Uptime Kuma (Settings → Backup): each monitor becomes a scenario of one step. */
export const importer: Importer = {
  format: 'uptime-kuma',
  reads: 'a backup of Uptime Kuma (JSON)',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    const monitors = isMapping(root) ? listOf(root.monitorList).filter(isMapping) : [];
    if (monitors.length === 0)
      return refusal('it has no "monitorList"', 'export the backup under Settings → Backup (versions before 2.0)');
    const base = new BaseUrl(monitors.map(({ url }) => String(url ?? '')));
    const omissions: Omission[] = [];
    if (isMapping(root) && listOf(root.notificationList).length > 0)
      omissions.push({
        item: source.name,
        what: 'notifications',
        why: 'who is told stands in alert policies',
        instead: 'write channels in ringdown.yaml and a policy',
      });
    const drafts = monitors.flatMap((monitor): ScenarioDraft[] => {
      const name = oneLine(text(monitor.name)) || 'monitor';
      const own: Omission[] = [];
      const omit: Omit = (what, why, instead) => {
        own.push({ item: name, what, why, instead });
      };
      const service = options.service ?? serviceOf(text(monitor.url) || null) ?? (text(monitor.hostname) || 'imported');
      const secrets = new Secrets(service);
      const made = stepOf(monitor, base, secrets, omit);
      if (!made) {
        omissions.push(...own);
        return [];
      }
      const seconds = (key: string) => Number(monitor[key]) || 0;
      if (monitor.upsideDown === true)
        omit('upside down mode', 'a step expects an answer', 'expect the status that means down');
      const schedule = {
        every: durationText((seconds('interval') || 60) * 1_000, true),
        ...(seconds('retryInterval') > 0 && seconds('maxretries') === 0
          ? { while_failing: durationText(seconds('retryInterval') * 1_000, true) }
          : {}),
      };
      const retries = Math.min(10, seconds('maxretries'));
      const tags = listOf(monitor.tags).flatMap((tag) =>
        isMapping(tag) && /^[A-Za-z0-9][\w.:-]*$/.test(text(tag.name)) ? [text(tag.name)] : [],
      );
      if (monitor.active === false || monitor.active === 0)
        omit('its pause', 'a scenario that stands in the config runs', 'take the schedule out, or pause the monitor');
      return [
        {
          name,
          service,
          tags: [...new Set(tags)],
          settings: {
            schedule,
            ...(seconds('timeout') > 0 ? { timeout: durationText(seconds('timeout') * 1_000) } : {}),
            ...(retries > 0
              ? { retry: { times: retries, delay: durationText((seconds('retryInterval') || 60) * 1_000) } }
              : {}),
          },
          steps: [{ name: `checking ${name}`, fields: secrets.replace(made), omissions: own }],
        },
      ];
    });
    return { scenarios: drafts, omissions, baseUrls: base.url ? [base.url, ...base.others] : [] };
  },
};

function stepOf(monitor: Mapping, base: BaseUrl, secrets: Secrets, omit: Omit): Record<string, unknown> | null {
  const type = text(monitor.type);
  const address = `${text(monitor.hostname)}:${Number(monitor.port) || 443}`;
  switch (type) {
    case 'http':
    case 'keyword':
    case 'json-query':
      return httpStep(monitor, base, secrets, omit);
    case 'port':
      return { tcp: { address } };
    case 'dns':
      return {
        dns: {
          name: text(monitor.hostname),
          type: text(monitor.dns_resolve_type) || 'A',
          ...(text(monitor.dns_resolve_server)
            ? { server: `${text(monitor.dns_resolve_server)}:${Number(monitor.port) || 53}` }
            : {}),
        },
      };
    case 'grpc-keyword': {
      const message = exactJson(text(monitor.grpcBody));
      const expect = new Expect();
      if (text(monitor.keyword))
        expect.add(
          'body',
          null,
          monitor.invertKeyword === true
            ? { not: { contains: literal(text(monitor.keyword)) } }
            : { contains: literal(text(monitor.keyword)) },
        );
      const url = text(monitor.grpcUrl);
      return {
        grpc: {
          url: /^grpcs?:\/\//.test(url) ? url : `${monitor.grpcEnableTls === true ? 'grpcs' : 'grpc'}://${url}`,
          method: `${text(monitor.grpcServiceName)}/${text(monitor.grpcMethod)}`,
          ...(message ? { message: literalValue(message.value) } : {}),
        },
        ...(expect.written() ? { expect: expect.written() } : {}),
      };
    }
    default:
      omit(
        `the monitor of type ${type || 'unknown'}`,
        'a scenario has no step for it',
        type === 'push' ? 'write a scenario that asks the service itself' : 'watch it with what is made for it',
      );
      return null;
  }
}

function httpStep(monitor: Mapping, base: BaseUrl, secrets: Secrets, omit: Omit): Record<string, unknown> | null {
  const expect = new Expect();
  const status = statusOf(listOf(monitor.accepted_statuscodes).map(text));
  if (status) expect.add('status', null, status);
  else if (listOf(monitor.accepted_statuscodes).length > 0)
    omit(
      `the accepted status codes ${listOf(monitor.accepted_statuscodes).join(', ')}`,
      'several ranges are no one condition',
      'write "expect: { status: … }"',
    );
  const keyword = text(monitor.keyword);
  if (monitor.type === 'keyword' && keyword !== '')
    expect.add(
      'body',
      null,
      monitor.invertKeyword === true ? { not: { contains: literal(keyword) } } : { contains: literal(keyword) },
    );
  if (monitor.type === 'json-query') {
    const path = text(monitor.jsonPath);
    if (/^\$?[\w.[\]]*$/.test(path))
      expect.add('jsonpath', path.startsWith('$') ? path : `$.${path}`, {
        equals: expected(text(monitor.expectedValue)),
      });
    else
      omit(
        `the query ${path}`,
        'it is JSONata, and a scenario has JSONPath',
        'write it under "expect: { jsonpath: … }"',
      );
  }
  const days = listOf(monitor.expiryNotification === true ? [14] : []);
  if (days.length > 0 && /^https:/.test(text(monitor.url)))
    expect.add('certificate', null, { expires_in: { gt: '14d' } });
  const headers = exactJson(text(monitor.headers))?.value;
  const encoding = text(monitor.httpBodyEncoding);
  const body = text(monitor.body);
  const method = text(monitor.method) || 'GET';
  const authMethod = text(monitor.authMethod) || (text(monitor.basic_auth_user) ? 'basic' : '');
  const auth =
    authMethod === 'basic'
      ? basicAuth(literal(text(monitor.basic_auth_user)), literal(text(monitor.basic_auth_pass)), secrets)
      : null;
  if (!auth && authMethod !== '' && authMethod !== 'null')
    omit(`the authentication ${authMethod}`, 'it is not carried over', 'write "auth" with secrets');
  const fields = requestFields(
    {
      method,
      url: literal(base.relative(text(monitor.url))),
      headers: [
        ...(isMapping(headers)
          ? Object.entries(headers).map(([name, value]) => [name, literal(text(value))] as const)
          : []),
        ...(body !== '' && encoding !== 'form'
          ? [['Content-Type', encoding === 'xml' ? 'text/xml' : 'application/json'] as const]
          : []),
      ],
      body:
        body === ''
          ? null
          : encoding === 'form'
            ? {
                kind: 'form',
                fields: [...new URLSearchParams(body)].map(([name, value]) => [literal(name), literal(value)]),
              }
            : {
                kind: 'text',
                text: literal(body),
                ...(exactJson(body) ? { json: { value: literalValue(exactJson(body)!.value) } } : {}),
              },
      auth,
      maxRedirects: Math.min(20, Number(monitor.maxredirects ?? 10)),
    },
    secrets,
    omit,
  );
  return (
    fields && {
      ...fields,
      ...(monitor.ignoreTls === true ? { connection: { verify: false } } : {}),
      ...(expect.written() ? { expect: expect.written() } : {}),
    }
  );
}

/** `["200-299"]` is 2xx; single codes are a list; one other range is a pair of limits. */
function statusOf(codes: readonly string[]): Record<string, unknown> | null {
  if (codes.length === 0) return null;
  if (codes.every((code) => /^\d{3}$/.test(code)))
    return codes.length === 1 ? { equals: Number(codes[0]) } : { one_of: codes.map(Number) };
  const [, low = '', high = ''] = /^(\d{3})-(\d{3})$/.exec(codes[0]!) ?? [];
  if (codes.length !== 1 || low === '') return null;
  return low.endsWith('00') && high === `${low[0]}99`
    ? { equals: `${low[0]}xx` }
    : { gte: Number(low), lte: Number(high) };
}

function expected(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d{1,15}$/.test(value) ? Number(value) : literal(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
