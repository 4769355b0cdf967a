import Type from 'typebox';
import { isMapping } from '../../../language/written.ts';
import type { Exchange } from '../../exchange.ts';
import { checkCondition, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { place } from '../capture-schema.ts';
import { type Condition, judge, normalizeCondition, toCondition } from '../condition.ts';
import { Bare, conditionSchema, Operators } from '../condition-schema.ts';
import { parseSetCookie, type SetCookie } from './set-cookie.ts';

const PARTS = {
  value: { words: 'Its value.', example: { exists: true } },
  secure: { words: 'Whether it is sent over HTTPS alone.', example: true },
  http_only: { words: 'Whether scripts are kept from it.', example: true },
  same_site: { words: 'Strict, Lax or None.', example: 'Lax' },
  max_age: { words: 'Seconds that it is kept.', example: { gt: 60 } },
  domain: { words: 'The domain that it is sent to.', example: 'example.com' },
  path: { words: 'The path that it is sent to.', example: '/' },
  expires: { words: 'When it ends, as the server wrote it.', example: { exists: true } },
} as const;

type Part = keyof typeof PARTS;
type Spec = readonly { readonly name: string; readonly part: Part; readonly condition: Condition }[];

/** Judges the cookies that the answer sets (RFC 6265bis); where one is set twice, the last counts. Names are case-sensitive. */
export const assertion = defineAssertion<Spec>({
  kind: 'cookie',
  aliases: ['cookies'],
  spec: Type.Record(
    Type.String(),
    Type.Union(
      [
        ...Bare.anyOf,
        Operators,
        Type.Object(
          Object.fromEntries(
            Object.entries(PARTS).map(([part, { words, example }]) => [
              part,
              Type.Optional(conditionSchema({ description: words, examples: [example] })),
            ]),
          ),
          { additionalProperties: false, minProperties: 1 },
        ),
      ],
      { 'x-expected': `a value, operators, or conditions on ${Object.keys(PARTS).join(', ')}` },
    ),
    {
      minProperties: 1,
      'x-expected': 'a mapping from names of cookies to values',
      description: 'Cookies that the answer sets, by name. A bare value means that the value equals.',
      examples: [{ session: { value: { exists: true }, secure: true, http_only: true, same_site: 'Lax' } }],
    },
  ),
  normalize: (written) =>
    Object.entries(written as object).flatMap(([name, value]) =>
      partsOf(value).map(([part, condition]) => ({ name, part, condition: normalizeCondition(condition) })),
    ),
  check: (written) =>
    Object.entries(written as object).flatMap(([name, value]) =>
      partsOf(value).flatMap(([part, condition]) =>
        checkCondition(condition, condition === value ? [name] : [name, part]),
      ),
    ),
  evaluate: (spec, exchange) =>
    spec.flatMap(({ name, part, condition }) => {
      const actual = cookieOf(exchange, name)?.[part] ?? MISSING;
      const subject = part === 'value' ? `cookie ${name}` : `${part} of cookie ${name}`;
      return judge(condition, actual, { kind: 'cookie', subject, textual: typeof actual === 'string' });
    }),
  capture: defineCapture<string>({
    spec: place('Value of a cookie that the answer sets.', 'session'),
    subject: (name) => `cookie ${name}`,
    read(name, exchange) {
      const cookie = cookieOf(exchange, name);
      return cookie ? { value: cookie.value } : { error: `the answer sets no cookie ${name}` };
    },
  }),
});

/** Only a mapping of parts is one; everything else is a condition on the value. */
function partsOf(written: unknown): [Part, unknown][] {
  if (!isMapping(written) || toCondition(written) === written) return [['value', written]];
  return Object.entries(written).filter((entry): entry is [Part, unknown] => Object.hasOwn(PARTS, entry[0]));
}

function cookieOf({ response }: Exchange, name: string): SetCookie | undefined {
  const fields = response.headers.fields['set-cookie'];
  const set = typeof fields === 'string' ? [fields] : (fields ?? []);
  return set
    .map(parseSetCookie)
    .filter((cookie) => cookie?.name === name)
    .at(-1);
}
