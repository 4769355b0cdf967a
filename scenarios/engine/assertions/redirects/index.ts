import Type from 'typebox';
import { checkCondition, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { type Condition, judge, normalizeCondition } from '../condition.ts';
import { conditionSchema, Operators, Templated } from '../condition-schema.ts';

type Spec = { readonly count: Condition | null; readonly url: Condition | null };

const Count = Type.Union([Type.Integer({ minimum: 0 }), Templated, Operators], {
  'x-expected': 'a whole number or comparisons',
  description: 'How many redirects were followed.',
  examples: [1],
});

/** Judges the redirects that were followed: how many, and where the last one led. */
export const assertion = defineAssertion<Spec>({
  kind: 'redirects',
  spec: Type.Union(
    [
      Type.Integer({ minimum: 0 }),
      Templated,
      Type.Object(
        {
          count: Type.Optional(Count),
          url: Type.Optional(
            conditionSchema({ description: 'Where the last redirect led.', examples: [{ contains: '/login' }] }),
          ),
        },
        { additionalProperties: false, minProperties: 1 },
      ),
    ],
    {
      'x-expected': 'a number of redirects, or { count, url }',
      description: 'Redirects that were followed (`max_redirects` of the request allows them).',
      examples: [{ count: 1, url: { contains: '/login' } }],
    },
  ),
  normalize(written) {
    if (typeof written !== 'object' || written === null) return { count: normalizeCondition(written), url: null };
    const { count, url } = written as { count?: unknown; url?: unknown };
    return {
      count: count === undefined ? null : normalizeCondition(count),
      url: url === undefined ? null : normalizeCondition(url),
    };
  },
  check: (written) =>
    typeof written === 'object' && written !== null && 'url' in written ? checkCondition(written.url, ['url']) : [],
  evaluate: ({ count, url }, { redirects }) => [
    ...(count ? judge(count, redirects.length, { kind: 'redirects', subject: 'number of redirects' }) : []),
    ...(url
      ? judge(url, redirects.at(-1)?.url ?? MISSING, { kind: 'redirects', subject: 'the last redirect', textual: true })
      : []),
  ],
  capture: defineCapture<'count' | 'url'>({
    spec: Type.Union([Type.Literal('count'), Type.Literal('url')], {
      'x-expected': 'count or url',
      description: 'How many redirects were followed, or where the last one led.',
      examples: ['url'],
    }),
    subject: (part) => (part === 'count' ? 'number of redirects' : 'the last redirect'),
    read(part, { redirects }) {
      if (part === 'count') return { value: redirects.length };
      const last = redirects.at(-1);
      return last ? { value: last.url } : { error: 'no redirect was followed' };
    },
  }),
});
