import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';
import { type Credentials, verifyCredentials } from './authenticity.ts';
import { readJson } from './document.ts';
import type { InboundKind, InboundRequest, InboundSettings, Parsed, Undecided, Verified } from './inbound.ts';

const Secret = (description: string, example: string, minLength = 16) =>
  Type.String({ minLength, description, examples: [example], 'x-secret': true });

const Text = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 200, description, examples: [example] });

/** What every source of alerts may say. */
const CommonSettings = {
  name: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
    'x-expected': 'lower-case letters, digits and hyphens',
    description: 'Its alerts are posted to /api/v1/inbound/<name>.',
    examples: ['alertmanager'],
  }),
  token: Type.Optional(
    Secret(
      'Senders bring it as Authorization: Bearer, as X-Ringdown-Token, as the password of Basic, or as ?token=.',
      '${INBOUND_TOKEN}',
    ),
  ),
  previous_token: Type.Optional(Secret('Taken as well, while senders change to the new one.', '${OLD_INBOUND_TOKEN}')),
  hmac: Type.Optional(
    Type.Object(
      {
        header: Text('Header that carries the signature, in hex or base64.', 'X-Signature'),
        secret: Secret('Key of HMAC over the body as sent.', '${INBOUND_SECRET}'),
        previous_secret: Type.Optional(
          Secret('Taken as well, while senders change to the new one.', '${OLD_INBOUND_SECRET}'),
        ),
        algorithm: Type.Optional(Type.Enum(['sha1', 'sha256', 'sha512'], { description: 'sha256 when absent.' })),
        timestamp_header: Type.Optional(
          Text('Where "<its value>:<body>" is signed; its value is the time in seconds.', 'X-Timestamp'),
        ),
      },
      { additionalProperties: false, description: 'A signature that senders make of the body.' },
    ),
  ),
  policy: Type.Optional(Text('Id of the policy that its alerts follow; the built-in one when absent.', 'critical')),
  service: Type.Optional(Text('Of alerts that name none; the name of the source when absent.', 'billing')),
  environment: Type.Optional(Text('Of alerts that name none; "default" when absent.', 'production')),
  labels: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 1_000 }), {
      'x-expected': 'a mapping from names to texts',
      description: 'On every incident of it.',
      examples: [{ team: 'platform' }],
    }),
  ),
  severities: Type.Optional(
    Type.Record(Type.String(), Type.Enum(['P1', 'P2', 'P3', 'P4']), {
      'x-expected': 'a mapping from severities to P1, P2, P3 or P4',
      description: "What its severities mean, where the usual words don't fit.",
      examples: [{ page: 'P1', ticket: 'P3' }],
    }),
  ),
  expires_after: Type.Optional(
    Type.String({
      pattern: DURATION_PATTERN,
      'x-expected': 'a duration such as 30m or 5h',
      description: 'An alert that was not repeated for so long is over; never when absent.',
      examples: ['5h'],
    }),
  ),
} satisfies TProperties;

export type CommonInboundSettings = InboundSettings & Static<TObject<typeof CommonSettings>>;

/**
 * Declares a kind of source. `settings` are the keys beside those that every source has; `parse` gets the body as JSON.
 * Without a `verify` of its own the configured credentials decide.
 */
export function defineInbound<Type_ extends string, Keys extends TProperties>(definition: {
  type: Type_;
  description: string;
  settings: Keys;
  check?(settings: CommonInboundSettings & Static<TObject<Keys>>): readonly string[];
  verify?(
    settings: CommonInboundSettings & Static<TObject<Keys>>,
    request: InboundRequest,
    now: number,
  ): Promise<Verified | Undecided>;
  parse(settings: CommonInboundSettings & Static<TObject<Keys>>, body: object, now: number): Parsed;
}): InboundKind {
  type Settings = CommonInboundSettings & Static<TObject<Keys>>;
  return {
    type: definition.type,
    settings: Type.Object(
      {
        ...CommonSettings,
        type: Type.Literal(definition.type, { description: definition.description }),
        ...definition.settings,
      },
      { additionalProperties: false, description: definition.description },
    ),
    check: (settings) => (definition.check ?? needsCredentials)(settings as Settings),
    async verify(settings, request, now) {
      if (definition.verify) return definition.verify(settings as Settings, request, now);
      return verifyCredentials(settings as Credentials, request, now);
    },
    parse(settings, request, now) {
      const read = readJson(request);
      return 'refused' in read ? read : definition.parse(settings as Settings, read.body, now);
    },
  };
}

function needsCredentials({ token, hmac }: CommonInboundSettings): readonly string[] {
  return token === undefined && hmac === undefined ? ['needs a token, or hmac: anybody could make a phone ring'] : [];
}
