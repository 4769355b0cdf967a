import { type Static, Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';

const KEY_PATTERN = '^[a-z0-9][a-z0-9_-]{0,62}$';
const KEY_WORDS = 'lower-case letters, digits, hyphens and underscores';
const DAY = '(mon|tue|wed|thu|fri|sat|sun)';
const TIME = '([01]\\d|2[0-3]):[0-5]\\d';

/** `2026-11-02T09:00`, on the wall clock of the schedule's zone. */
export const LOCAL_TIME_PATTERN = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2})?$';
/** A local time, or one with its offset (RFC 3339). */
export const MOMENT_PATTERN = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})?$';
const TURN_PATTERN = '^([1-9]\\d{0,3}(h|d|w)|month|[1-9]\\d? months)$';
export const HOUR_OF_WEEK_PATTERN = `^(${DAY} )?(${TIME}|24:00)$`;

const Key = Type.String({ pattern: KEY_PATTERN, 'x-expected': KEY_WORDS });
const LocalTime = (description: string) =>
  Type.String({
    pattern: LOCAL_TIME_PATTERN,
    'x-expected': 'a local time such as 2026-11-02T09:00',
    description,
    examples: ['2026-11-02T09:00'],
  });
const Moment = (description: string) =>
  Type.String({
    pattern: MOMENT_PATTERN,
    'x-expected': "a time such as 2026-12-24T09:00, which is the schedule's local time, or 2026-12-24T09:00:00+09:00",
    description,
    examples: ['2026-12-24T09:00'],
  });
const HourOfWeek = (description: string) =>
  Type.String({
    pattern: HOUR_OF_WEEK_PATTERN,
    'x-expected': 'a time of day such as 09:00 or 24:00, or one of the week such as "fri 18:00"',
    description,
    examples: ['09:00'],
  });

const NotifyRule = Type.Object(
  {
    channel: Type.String({ minLength: 1, description: 'Name of a channel.', examples: ['push'] }),
    after: Type.Optional(
      Type.String({
        pattern: DURATION_PATTERN,
        'x-expected': 'a duration such as 0s or 3m',
        description: 'Since the step that named the person; not when somebody acknowledged before. Default 0s.',
        examples: ['3m'],
      }),
    ),
    priorities: Type.Optional(
      Type.Array(Type.Enum(['P1', 'P2', 'P3', 'P4']), {
        minItems: 1,
        description: 'Only for these; every priority when absent.',
        examples: [['P1', 'P2']],
      }),
    ),
  },
  { additionalProperties: false },
);

const User = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'As people are told of this person.' }),
    ),
    timezone: Type.Optional(
      Type.String({ minLength: 1, description: 'IANA name, for what this person reads.', examples: ['Asia/Seoul'] }),
    ),
    language: Type.Optional(
      Type.String({
        pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
        'x-expected': 'a language such as ko-KR',
        description: 'Of a voice that speaks to this person.',
        examples: ['ko-KR'],
      }),
    ),
    contacts: Type.Optional(
      Type.Record(Type.String({ pattern: KEY_PATTERN }), Type.String({ minLength: 1, maxLength: 320 }), {
        description: 'What vendors call this person, so that answers carry a name. No secrets.',
        propertyNames: { pattern: KEY_PATTERN, 'x-expected': KEY_WORDS },
        examples: [{ slack: 'U024BE7LH' }],
      }),
    ),
    notify: Type.Optional(
      Type.Array(NotifyRule, { maxItems: 50, description: 'How this person is told, in the order of time.' }),
    ),
    otherwise: Type.Optional(
      Type.Array(NotifyRule, {
        maxItems: 50,
        description: 'How this person is told of priorities that no rule of `notify` is for: quieter channels.',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ name: 'Kim Minji', notify: [{ channel: 'push' }] }] },
);

const Hours = Type.Object(
  {
    from: HourOfWeek('When it begins; with a day, `fri 18:00`, once a week.'),
    to: HourOfWeek('When it ends; at or before `from` means the next day, or the next week.'),
    days: Type.Optional(
      Type.Array(
        Type.String({
          pattern: `^${DAY}(-${DAY})?$`,
          'x-expected': 'days such as mon or mon-fri',
        }),
        { minItems: 1, description: 'Days on which it begins; every day when absent.', examples: [['mon-fri']] },
      ),
    ),
  },
  { additionalProperties: false },
);

const Rotation = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'As the calendar calls it.' })),
    users: Type.Array(Type.Union([Key, Type.Array(Key, { minItems: 1, maxItems: 50 })]), {
      minItems: 1,
      maxItems: 500,
      description: 'Who takes turns, in this order; a list in the list is on call together.',
      examples: [['kim', 'minsu']],
    }),
    every: Type.String({
      pattern: TURN_PATTERN,
      'x-expected': 'a length such as 12h, 1d, 1w, month or 2 months',
      description: 'Length of a turn on the wall clock, at most a year.',
      examples: ['1w'],
    }),
    start: LocalTime('The first hand-over; the others follow at that time of day, clock changes or not.'),
    since: Type.Optional(LocalTime('Nobody is on call through this rotation before. Default: `start`.')),
    until: Type.Optional(LocalTime('Nobody is on call through this rotation from then on.')),
    hours: Type.Optional(
      Type.Union([Hours, Type.Array(Hours, { minItems: 1, maxItems: 50 })], {
        'x-expected': '{ from, to, days } or a list of them',
        description: 'Parts of the week that it covers; all of it when absent.',
        examples: [{ from: '09:00', to: '18:00', days: ['mon-fri'] }],
      }),
    ),
  },
  { additionalProperties: false },
);

const Override = Type.Object(
  {
    user: Type.Optional(Key),
    users: Type.Optional(Type.Array(Key, { minItems: 1, maxItems: 50, description: 'On call together.' })),
    from: Moment('When it begins.'),
    to: Moment('When it ends.'),
  },
  { additionalProperties: false },
);

const ScheduleEntry = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'As calendars call it.' })),
    timezone: Type.String({ minLength: 1, description: 'IANA name.', examples: ['Asia/Seoul'] }),
    rotations: Type.Array(Rotation, { maxItems: 100, description: 'Later ones stand over earlier ones.' }),
    overrides: Type.Optional(
      Type.Array(Override, { maxItems: 1_000, description: 'Somebody else, for once; stands over all rotations.' }),
    ),
  },
  { additionalProperties: false },
);

const keyed = <T extends Parameters<typeof Type.Record>[1]>(entry: T, description: string) =>
  Type.Record(Type.String({ pattern: KEY_PATTERN }), entry, {
    description,
    propertyNames: { pattern: KEY_PATTERN, 'x-expected': KEY_WORDS },
  });

/** `on_call:` of ringdown.yaml. */
export const OnCallSchema = Type.Object(
  {
    users: Type.Optional(keyed(User, 'People; `user:<key>` in a policy names one.')),
    schedules: Type.Optional(keyed(ScheduleEntry, 'Who is on call when; `on-call:<key>` in a policy names one.')),
  },
  { additionalProperties: false, description: 'People, and who of them is on call when.' },
);

export type OnCallFile = Static<typeof OnCallSchema>;
export type WrittenUser = Static<typeof User>;
export type WrittenSchedule = Static<typeof ScheduleEntry>;
export type WrittenRotation = Static<typeof Rotation>;
export type WrittenHours = Static<typeof Hours>;
export type WrittenOverride = Static<typeof Override>;
