import { type Static, type TObject, type TProperties, Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';
import type { NotificationEvent } from '../incident.ts';
import type {
  AnswerReader,
  Channel,
  ChannelProblem,
  ChannelSettings,
  Notifier,
  NotifierContext,
  RateLimit,
} from '../notifier.ts';

/** What every channel may be asked to tell. */
export const STATE_CHANGES: readonly NotificationEvent[] = [
  'incident.triggered',
  'incident.acknowledged',
  'incident.resolved',
  'incident.escalated',
  'test',
];

/** The settings as its channel reads them: the keys that it declares, beside `name` and `type`. */
export type SettingsOf<Keys extends TProperties> = Static<TObject<Keys>> & ChannelSettings;

/**
 * Declares a channel. `settings` are the keys beside `name`, `type` and `deadline`, which every channel has.
 * A notifier that holds no connection may leave out `start` and `shutdown`.
 */
export function defineChannel<Type_ extends string, Keys extends TProperties>(definition: {
  type: Type_;
  description: string;
  settings: Keys;
  events: readonly NotificationEvent[];
  check?(settings: SettingsOf<Keys>): readonly ChannelProblem[];
  rateLimit?(settings: SettingsOf<Keys>): RateLimit;
  answers?: AnswerReader<SettingsOf<Keys>>;
  contactCard?(settings: SettingsOf<Keys>): string;
  create(settings: SettingsOf<Keys>, context: NotifierContext): Pick<Notifier, 'notify'> & Partial<Notifier>;
}): Channel {
  const { check, rateLimit, answers, contactCard } = definition;
  return {
    type: definition.type,
    events: definition.events,
    // Settings are checked against the schema below before anybody hands them over.
    ...(check ? { check: (settings) => check(settings as SettingsOf<Keys>) } : {}),
    ...(rateLimit ? { rateLimit: (settings) => rateLimit(settings as SettingsOf<Keys>) } : {}),
    ...(answers ? { answers: answers as unknown as AnswerReader } : {}),
    ...(contactCard ? { contactCard: (settings) => contactCard(settings as SettingsOf<Keys>) } : {}),
    settings: Type.Object(
      {
        name: Type.String({
          pattern: '^[a-z0-9][a-z0-9-]*$',
          'x-expected': 'lower-case letters, digits and hyphens',
          description: 'What policies call it.',
        }),
        type: Type.Literal(definition.type, { description: definition.description }),
        ...definition.settings,
        deadline: Type.Optional(
          Type.String({
            pattern: DURATION_PATTERN,
            'x-expected': 'a duration such as 30s or 2m',
            description:
              'When it has not taken a page for so long, the next step of the policy is carried out. Default 30s.',
            examples: ['10s'],
          }),
        ),
      },
      { additionalProperties: false, description: definition.description },
    ),
    create: (settings, context) => ({
      start: async () => {},
      shutdown: async () => {},
      ...definition.create(settings as SettingsOf<Keys>, context),
    }),
  };
}

/** A vendor's endpoint; another one can be named for a proxy or a test. */
export const VendorUrl = (vendor: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `Instead of ${vendor}.` }));

export const Secret = (description: string, example: string) =>
  Type.String({ minLength: 1, description, examples: [example] });

/** Key of channels that others read along with: chats, phones, lock screens. See without-bodies.ts. */
export const IncludeBodies = Type.Optional(
  Type.Boolean({
    description:
      'Show what the service answered, which can hold data of its users. Default false: only what was looked at.',
  }),
);

/** What is wrong with an address that is posted to; never tells the address, which may be a secret. */
export function webAddressProblems(url: string): readonly ChannelProblem[] {
  const right = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return right ? [] : [{ path: ['url'], message: 'url must be an http or https address' }];
}
