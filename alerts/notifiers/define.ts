import { type Static, type TObject, type TProperties, Type } from 'typebox';
import type { NotificationEvent } from '../incident.ts';
import type { Channel, ChannelSettings, Notifier, NotifierContext } from '../notifier.ts';

/** What every channel may be asked to tell. */
export const STATE_CHANGES: readonly NotificationEvent[] = [
  'incident.triggered',
  'incident.acknowledged',
  'incident.resolved',
  'incident.escalated',
  'test',
];

/**
 * Declares a channel. `settings` are the keys beside `name` and `type`.
 * A notifier that holds no connection may leave out `start` and `shutdown`.
 */
export function defineChannel<Type_ extends string, Keys extends TProperties>(definition: {
  type: Type_;
  description: string;
  settings: Keys;
  events: readonly NotificationEvent[];
  create(
    settings: Static<TObject<Keys>> & ChannelSettings,
    context: NotifierContext,
  ): Pick<Notifier, 'notify'> & Partial<Notifier>;
}): Channel {
  return {
    type: definition.type,
    events: definition.events,
    settings: Type.Object(
      {
        name: Type.String({
          pattern: '^[a-z0-9][a-z0-9-]*$',
          'x-expected': 'lower-case letters, digits and hyphens',
          description: 'What policies call it.',
        }),
        type: Type.Literal(definition.type, { description: definition.description }),
        ...definition.settings,
      },
      { additionalProperties: false, description: definition.description },
    ),
    create: (settings, context) => ({
      start: async () => {},
      shutdown: async () => {},
      ...definition.create(settings as Static<TObject<Keys>> & ChannelSettings, context),
    }),
  };
}

/** A vendor's endpoint; another one can be named for a proxy or a test. */
export const VendorUrl = (vendor: string) =>
  Type.Optional(Type.String({ minLength: 1, description: `Instead of ${vendor}.` }));

export const Secret = (description: string, example: string) =>
  Type.String({ minLength: 1, description, examples: [example] });
