import Type, { type TSchema } from 'typebox';

/** A whole template: the value is known only at run time. */
export const Templated = Type.String({ pattern: '\\{\\{', 'x-expected': 'a template' });

/** A number, or a template that becomes one. */
const NumberOrTemplate = (options: object = {}) =>
  Type.Union([Type.Number(), Templated], { 'x-expected': 'a number', ...options });

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;

/** What may stand for `equals` in its short form. A mapping may not: it would hide a misspelt operator. */
export const Bare = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null(), Type.Array(Type.Unknown())]);

const comparisons = {
  lt: Type.Optional(NumberOrTemplate({ description: 'Less than.', examples: [500] })),
  lte: Type.Optional(NumberOrTemplate({ description: 'At most.', examples: [500] })),
  gt: Type.Optional(NumberOrTemplate({ description: 'More than.', examples: [0] })),
  gte: Type.Optional(NumberOrTemplate({ description: 'At least.', examples: [1] })),
};

const simple = {
  equals: Type.Optional(
    Type.Unknown({ description: 'Exactly this value; mappings and lists are compared deeply.', examples: ['hello'] }),
  ),
  contains: Type.Optional(
    Type.Unknown({ description: 'A piece of a text, an entry of a list, a key of a mapping.', examples: ['hello'] }),
  ),
  matches: Type.Optional(
    Type.String({
      description: 'Regular expression (RE2 syntax, linear time), found anywhere in the text.',
      examples: ['^application/json'],
    }),
  ),
  exists: Type.Optional(Type.Boolean({ description: 'Whether there is such a value; null is one.', examples: [true] })),
  type: Type.Optional(
    Type.Union(
      TYPES.map((type) => Type.Literal(type)),
      { description: 'The JSON type of the value.', examples: ['string'] },
    ),
  ),
  ...comparisons,
  one_of: Type.Optional(
    Type.Array(Type.Unknown(), {
      minItems: 1,
      description: 'One of these values.',
      examples: [['draft', 'published']],
    }),
  ),
};

const closed = { additionalProperties: false, minProperties: 1 };
const Inner = Type.Object(simple, closed);
const Count = Type.Union([Type.Integer({ minimum: 0 }), Templated, Type.Object(comparisons, closed)], {
  'x-expected': 'a whole number or comparisons',
  description: 'How many entries, keys, characters or selected nodes.',
  examples: [3],
});

/** Operators in words; all of them must hold. */
export const Operators = Type.Object(
  {
    ...simple,
    count: Type.Optional(Count),
    not: Type.Optional(
      Type.Union([...Bare.anyOf, Inner], {
        description: 'A value that it must not be, or a condition that must not hold.',
        examples: ['draft'],
      }),
    ),
    each: Type.Optional(
      Type.Union([...Bare.anyOf, Type.Object({ ...simple, count: Type.Optional(Count) }, closed)], {
        description: 'Must hold for every entry of a list.',
        examples: [{ type: 'string' }],
      }),
    ),
  },
  closed,
);

/** A bare value, or operators. Stands once under `$defs/condition`: inlined everywhere, it made the validator take seconds to compile. */
export const ConditionSchema = Type.Union([...Bare.anyOf, Operators], {
  'x-expected': 'a value or operators such as { contains: hello }',
});

/** A reference to the condition's definition; whoever composes a whole schema carries `$defs: { condition: ConditionSchema }`. */
export function conditionSchema(options: object = {}): TSchema {
  return Type.Unsafe({ $ref: '#/$defs/condition', ...options });
}
