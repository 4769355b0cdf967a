import { isMapping } from '../../language/written.ts';
import { basicAuth } from '../request.ts';
import type { Secrets } from '../secrets.ts';
import { pairsOf, text } from './collection.ts';

/** What a request's `auth` adds to it. */
export interface PostmanAuth {
  readonly auth: Record<string, unknown> | null;
  readonly header?: readonly [string, string];
  readonly query?: readonly [string, string];
}

const NONE: PostmanAuth = { auth: null };

type Omit = (what: string, why: string, instead: string) => void;

/** @param translate makes a text of Postman one of a scenario */
export function readAuth(
  written: unknown,
  translate: (text: string) => string,
  secrets: Secrets,
  omit: Omit,
): PostmanAuth {
  if (!isMapping(written)) return NONE;
  const type = text(written.type);
  const fields = new Map(pairsOf(written[type]).map(({ key, value }) => [key, text(value)]));
  const field = (key: string) => translate(fields.get(key) ?? '');
  const secret = (key: string, name = key) => secrets.hide(name, field(key)) || secrets.declare(name);
  switch (type) {
    case '':
    case 'noauth':
    case 'inherit':
      return NONE;
    case 'bearer':
      return { auth: { bearer: secret('token') } };
    case 'basic': {
      const password = field('password');
      return {
        auth:
          password === ''
            ? { basic: { username: field('username'), password: secrets.declare('password') } }
            : basicAuth(field('username'), password, secrets),
      };
    }
    case 'digest':
      return { auth: { digest: { username: field('username'), password: secret('password') } } };
    case 'apikey': {
      const pair = [field('key') || 'X-Api-Key', secret('value', fields.get('key') ?? 'api_key')] as const;
      return fields.get('in') === 'query' ? { auth: null, query: pair } : { auth: null, header: pair };
    }
    case 'awsv4':
      return {
        auth: {
          aws: {
            service: field('service') || 'execute-api',
            region: field('region') || 'us-east-1',
            access_key_id: secret('accessKey', 'access_key_id'),
            secret_access_key: secret('secretKey', 'secret_access_key'),
            ...(fields.get('sessionToken') ? { session_token: secret('sessionToken', 'session_token') } : {}),
          },
        },
      };
    case 'oauth2':
      return oauth2(fields, field, secret, omit);
    default:
      omit(
        `auth ${type}`,
        'a scenario signs with bearer, basic, digest, oauth2 or aws',
        'write the header it makes, or capture it in a step before',
      );
      return NONE;
  }
}

const GRANTS: Record<string, string> = {
  client_credentials: 'client_credentials',
  password_credentials: 'password',
  password: 'password',
};

function oauth2(
  fields: ReadonlyMap<string, string>,
  field: (key: string) => string,
  secret: (key: string, name?: string) => string,
  omit: Omit,
): PostmanAuth {
  const kind = fields.get('grant_type') ?? '';
  const grant = GRANTS[kind];
  if (grant && fields.get('accessTokenUrl')) {
    const optional = (key: string, from: string) => (fields.get(from) ? { [key]: field(from) } : {});
    return {
      auth: {
        oauth2: {
          grant,
          token_url: field('accessTokenUrl'),
          client_id: field('clientId'),
          client_secret: secret('clientSecret', 'client_secret'),
          ...optional('username', 'username'),
          ...(grant === 'password' ? { password: secret('password') } : {}),
          ...optional('scope', 'scope'),
          ...optional('audience', 'audience'),
          ...(fields.get('client_authentication') === 'body' ? { send: 'body' } : {}),
        },
      },
    };
  }
  if (kind !== '')
    omit(
      `the grant ${kind} of oauth2`,
      'it needs a person at a browser',
      'set the token as a secret, or use client credentials',
    );
  return { auth: { bearer: secret('accessToken', 'access_token') } };
}
