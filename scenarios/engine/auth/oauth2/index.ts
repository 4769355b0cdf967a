import Type from 'typebox';
import { type Template, template } from '../../../language/template.ts';
import type { HttpSession } from '../../http/http-session.ts';
import { defineAuth } from '../auth.ts';
import { fetchToken, type Token, type TokenRequest } from './token.ts';

type Key = keyof TokenRequest;
type Written = Readonly<Record<Key, string | undefined>>;

export interface Oauth2Spec {
  readonly kind: 'oauth2';
  readonly grant: 'client_credentials' | 'password';
  readonly send: 'basic' | 'body';
  readonly fields: readonly { readonly name: Key; readonly value: Template }[];
}

const text = (description: string, example: string) => Type.String({ minLength: 1, description, examples: [example] });

const TEXTS = ['token_url', 'client_id', 'client_secret', 'username', 'password', 'scope', 'audience'] as const;

/** Tokens of a run, by everything that they were asked for with. */
const tokens = new WeakMap<HttpSession, Map<string, Token | ReturnType<typeof fetchToken>>>();

/** Asked for anew this long before a token ends, so that it does not end on its way. */
const MARGIN_MS = 5_000;

/**
 * A bearer token from a token endpoint (RFC 6749 §4.3 and §4.4). It is asked for once a run, kept, and asked for again
 * when it has ended.
 */
export const auth = defineAuth<Oauth2Spec, TokenRequest>({
  kind: 'oauth2',
  spec: Type.Object(
    {
      grant: Type.Union([Type.Literal('client_credentials'), Type.Literal('password')], {
        'x-expected': 'client_credentials or password',
        description: 'How the token is asked for.',
        examples: ['client_credentials'],
      }),
      token_url: text('The token endpoint: a path joined to base_url, or a URL.', 'https://login.example.com/token'),
      client_id: text('The client.', 'ringdown'),
      client_secret: Type.Optional(text('Its secret; absent for a public client.', '{{ secrets.CLIENT_SECRET }}')),
      username: Type.Optional(text('User of the grant `password`.', 'qa@example.com')),
      password: Type.Optional(text('Password of the grant `password`.', '{{ secrets.QA_PASSWORD }}')),
      scope: Type.Optional(text('Scopes, separated by spaces.', 'posts:read posts:write')),
      audience: Type.Optional(
        text('The API that the token is for, where the endpoint asks.', 'https://api.example.com'),
      ),
      send: Type.Optional(
        Type.Union([Type.Literal('basic'), Type.Literal('body')], {
          'x-expected': 'basic or body',
          description: 'Where client_id and client_secret go: an Authorization header (the default), or the body.',
          examples: ['body'],
        }),
      ),
    },
    {
      additionalProperties: false,
      description: 'A token from a token endpoint (OAuth 2.0), kept for the run.',
      examples: [
        {
          grant: 'client_credentials',
          token_url: 'https://login.example.com/token',
          client_id: 'ringdown',
          client_secret: '{{ secrets.CLIENT_SECRET }}',
        },
      ],
    },
  ),
  check(written) {
    const { grant, username, password } = written as Record<string, unknown>;
    const user = { username, password };
    if (grant === 'password') {
      return Object.entries(user).flatMap(([key, value]) =>
        value === undefined ? [{ path: [], part: 'key' as const, message: `the grant "password" needs a ${key}` }] : [],
      );
    }
    if (grant !== 'client_credentials') return [];
    return Object.entries(user).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [
            {
              path: [key],
              part: 'key' as const,
              message: `"${key}" belongs to the grant "password"`,
              hint: 'remove it',
            },
          ],
    );
  },
  compile(written) {
    const found = written as Written & Pick<Oauth2Spec, 'grant'> & Partial<Pick<Oauth2Spec, 'send'>>;
    return {
      kind: 'oauth2',
      grant: found.grant,
      send: found.send ?? 'basic',
      fields: TEXTS.flatMap((name) => {
        const value = found[name];
        return value === undefined ? [] : [{ name, value: template(value, name === 'token_url' ? 'url' : 'none') }];
      }),
    };
  },
  fill({ grant, send, fields }, fill) {
    const filled: Partial<Record<Key, string>> = {};
    for (const { name, value } of fields) filled[name as (typeof TEXTS)[number]] = fill.text(value);
    return { ...filled, grant, send } as TokenRequest;
  },
  async authorize(request, _, context) {
    const kept = tokens.get(context.http) ?? new Map<string, Token | ReturnType<typeof fetchToken>>();
    tokens.set(context.http, kept);
    const key = JSON.stringify(request);
    // Steps at the same time wait for one token instead of asking for one each.
    while (kept.get(key) instanceof Promise) await kept.get(key);
    const known = kept.get(key) as Token | undefined;
    if (known && context.clock.monotonic() < known.endsAt - MARGIN_MS) return bearer(known);
    const asking = fetchToken(request, context);
    kept.set(key, asking);
    const made = await asking;
    if ('error' in made) {
      kept.delete(key);
      return made;
    }
    kept.set(key, made);
    return bearer(made);
  },
});

function bearer({ value }: Token) {
  return { headers: { authorization: `Bearer ${value}` }, secrets: [value] };
}
