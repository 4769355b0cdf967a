import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import type { Source } from '../importer.ts';
import { exactJson, literalValue } from '../literal.ts';
import { basicAuth, type ForeignBody, hideIfSecret, requestStep } from '../request.ts';
import type { Secrets } from '../secrets.ts';
import type { CurlCommand, CurlData } from './options.ts';
import { EXPANDED } from './shell.ts';

interface Context {
  base: BaseUrl;
  secrets: Secrets;
  /** Makes a text of the command one of a scenario. */
  text(written: string): string;
  withScheme(url: string): string;
  source: Source;
  /** Takes what has no step to stand at. */
  omissions: Omission[];
}

/** One step for each URL of a command. */
export function curlSteps(command: CurlCommand, index: number, context: Context): StepDraft[] {
  const { base, secrets, text } = context;
  return command.urls.flatMap((written) => {
    const body = bodyOf(command, context);
    const method =
      command.method ?? (command.head ? 'HEAD' : command.upload ? 'PUT' : body && !command.get ? 'POST' : 'GET');
    const inQuery = command.get ? command.data.map((data) => encodeData(data, context)).join('&') : '';
    const path = base.relative(withoutVariable(context.withScheme(written)));
    const url = inQuery === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${inQuery}`;
    const name = `${method} ${path.replace(/[?#].*$/s, '').replaceAll(EXPANDED, '')}`;
    const omissions: Omission[] = [];
    const omit = (what: string, why: string, instead: string) => {
      omissions.push({ item: `command ${index + 1}`, what: secrets.blacken(what), why, instead });
    };
    for (const flag of command.unknown)
      omit(`the flag ${flag}`, 'a scenario has nothing for it', 'see "connection" and "request" in docs/scenarios.md');
    const headers = command.headers.map(([header, value]) => [header, text(value)] as [string, string]);
    if (command.json) {
      const has = (wanted: string) => headers.some(([header]) => header.toLowerCase() === wanted);
      if (!has('accept')) headers.push(['Accept', 'application/json']);
    } else if (
      body?.kind === 'text' &&
      !headers.some(([header]) => /^content-type$/i.test(header)) &&
      body.json === undefined
    )
      headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
    for (const cookie of command.cookies) {
      if (cookie.includes('=')) headers.push(['Cookie', text(cookie)]);
      else
        omit(
          `the cookies of the file ${cookie}`,
          'a scenario keeps cookies of its own, from the first step of an attempt on',
          'sign in with a step before this one',
        );
    }
    const step = requestStep(
      name,
      {
        method,
        url: text(url),
        headers,
        body: command.get ? null : body,
        auth: authOf(command, context, omit),
        maxRedirects: command.follow ? command.maxRedirects : 0,
      },
      secrets,
      settingsOf(command, context),
      omissions,
    );
    if ('name' in step) return [step];
    context.omissions.push(...step.lost);
    return [];
  });
}

/** `$BASE/path`: the variable is what a scenario calls base_url. */
function withoutVariable(url: string): string {
  const [, path] = new RegExp(`^(?:https?://)?${EXPANDED}\\w+${EXPANDED}(/.*)?$`, 's').exec(url) ?? [];
  return path ?? (url.startsWith(EXPANDED) ? '/' : url);
}

function settingsOf(command: CurlCommand, { secrets, source, text }: Context): Record<string, unknown> {
  const connection: Record<string, unknown> = { ...command.connection };
  if (typeof connection.proxy === 'string')
    connection.proxy = connection.proxy.replace(
      /^(\w+:\/\/[^:@/]*):([^@/]*)@/,
      (_, user: string, password: string) => `${user}:${secrets.hide('proxy_password', text(password))}@`,
    );
  if (typeof connection.ca === 'string') connection.ca = source.reference(connection.ca);
  if (connection.client_certificate) {
    const { cert, key, passphrase } = connection.client_certificate as Record<string, string>;
    connection.client_certificate = {
      ...(cert === undefined ? {} : { cert: source.reference(cert), key: source.reference(key ?? cert) }),
      ...(passphrase === undefined ? {} : { passphrase: secrets.hide('certificate_passphrase', passphrase) }),
    };
  }
  const seconds = Number(command.timeout);
  const timeout =
    command.timeout !== undefined && seconds > 0 ? `${Math.min(3_600_000, Math.round(seconds * 1_000))}ms` : undefined;
  return {
    ...(timeout === undefined ? {} : { timeout: timeout.replace(/000ms$/, 's') }),
    ...(Object.keys(connection).length > 0 ? { connection } : {}),
  };
}

function authOf(
  command: CurlCommand,
  { secrets, text }: Context,
  omit: (what: string, why: string, instead: string) => void,
) {
  if (command.bearer !== undefined) return { bearer: secrets.hide('token', text(command.bearer)) };
  if (command.user === undefined) return null;
  const colon = command.user.indexOf(':');
  const user = text(colon < 0 ? command.user : command.user.slice(0, colon));
  const password = colon < 0 ? secrets.declare('password') : text(command.user.slice(colon + 1));
  if (command.aws !== undefined) {
    const [, , region, service] = command.aws.split(':');
    if (!region || !service)
      omit(
        `--aws-sigv4 ${command.aws}`,
        'region and service were taken from the host name',
        'write them under auth.aws',
      );
    return {
      aws: {
        service: service ?? 'execute-api',
        region: region ?? 'us-east-1',
        access_key_id: secrets.hide('access_key_id', user),
        secret_access_key: secrets.hide('secret_access_key', password),
      },
    };
  }
  if (command.userKind === 'digest')
    return { digest: { username: user, password: secrets.hide('password', password) } };
  return basicAuth(user, password, secrets);
}

function bodyOf(command: CurlCommand, context: Context): ForeignBody | null {
  const { text, source } = context;
  if (command.upload !== undefined) return { kind: 'file', path: source.reference(command.upload) };
  if (command.forms.length > 0)
    return { kind: 'multipart', parts: command.forms.map((form) => formPart(form, context)) };
  const [only] = command.data;
  if (!only) return null;
  const type = command.headers.find(([header]) => /^content-type$/i.test(header))?.[1];
  const file = /^@(.+)$/s.exec(only.text)?.[1];
  if (command.data.length === 1 && file && only.kind !== 'raw' && only.kind !== 'urlencode')
    return { kind: 'file', path: source.reference(file) };
  const joined = command.data
    .map((data) => (data.kind === 'urlencode' ? encodeData(data, context) : fileOr(data.text, data.kind, context)))
    .join(command.json ? '' : '&');
  if (type === undefined && !command.json) {
    const fields = formFields(joined);
    if (fields) return { kind: 'form', fields: fields.map(([name, value]) => [name, text(value)]) };
  }
  const json = joined.includes(EXPANDED) ? exactJson(joined.replaceAll(EXPANDED, '\\u0001')) : exactJson(joined);
  const asJson = command.json || (type !== undefined && /json/i.test(type));
  if (json && asJson) return { kind: 'json', value: expandAll(literalValue(json.value), text) };
  return { kind: 'text', text: text(joined) };
}

/** Texts were made literal already: only the variables of the shell are left to put in. */
function expandAll(value: unknown, text: (written: string) => string): unknown {
  if (typeof value === 'string') return value.includes(EXPANDED) && !value.includes('{{') ? text(value) : value;
  if (Array.isArray(value)) return value.map((item) => expandAll(item, text));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandAll(item, text)]));
  return value;
}

/** `a=1&b=two+words` as fields; null when it is no form, or would not be the same again. */
function formFields(data: string): [string, string][] | null {
  if (data === '' || !/^[^=&\s{[<"]+=[^&]*(&[^=&\s]+=[^&]*)*$/s.test(data)) return null;
  try {
    return data.split('&').map((pair) => {
      const equals = pair.indexOf('=');
      return [
        decodeURIComponent(pair.slice(0, equals).replaceAll('+', ' ')),
        decodeURIComponent(pair.slice(equals + 1).replaceAll('+', ' ')),
      ];
    });
  } catch {
    return null;
  }
}

/** `--data @file` leaves line breaks out, `--data-binary @file` does not. */
function fileOr(text: string, kind: CurlData['kind'], { source }: Context): string {
  if (kind === 'raw' || !text.startsWith('@')) return text;
  const loaded = source.load(text.slice(1)) ?? '';
  return kind === 'plain' ? loaded.replace(/[\r\n]/g, '') : loaded;
}

/** `content`, `=content`, `name=content`, `@file`, `name@file` of --data-urlencode. */
function encodeData({ kind, text }: CurlData, { source }: Context): string {
  if (kind !== 'urlencode') return text;
  const [, name = '', sign = '', content = ''] = /^([^=@]*)([=@])(.*)$/s.exec(text) ?? [];
  const value = sign === '' ? text : sign === '@' ? (source.load(content) ?? '') : content;
  const encoded = value
    .split(new RegExp(`(${EXPANDED}\\w+${EXPANDED})`))
    .map((part) => (part.startsWith(EXPANDED) ? part : encodeURIComponent(part.toWellFormed())))
    .join('');
  return name === '' ? encoded : `${name}=${encoded}`;
}

/** `name=value`, `name=@file;type=image/png;filename=a.png`, `name=<file`. */
function formPart(written: string, { text, source, secrets }: Context): [string, unknown] {
  const equals = written.indexOf('=');
  const name = text(written.slice(0, equals < 0 ? written.length : equals));
  const value = equals < 0 ? '' : written.slice(equals + 1);
  const [, sign, path = '', rest = ''] = /^([@<])("[^"]*"|[^;]*)(.*)$/s.exec(value) ?? [];
  if (!sign) return [name, hideIfSecret(name, text(value.replace(/^\\/, '').replace(/;type=[^;]*$/, '')), secrets)];
  if (sign === '<') return [name, text(source.load(path) ?? '')];
  const option = (key: string) => new RegExp(`;\\s*${key}=("[^"]*"|[^;]*)`).exec(rest)?.[1]?.replace(/^"|"$/g, '');
  const type = option('type');
  const filename = option('filename');
  return [
    name,
    {
      file: source.reference(path.replace(/^"|"$/g, '')),
      ...(type ? { content_type: type } : {}),
      ...(filename ? { filename } : {}),
    },
  ];
}
