import Type from 'typebox';
import type { Exchange } from '../../exchange.ts';
import { checkCondition, defineAssertion, defineCapture, MISSING } from '../assertion.ts';
import { type Condition, display, judge, normalizeCondition, unreadable } from '../condition.ts';
import { conditionSchema } from '../condition-schema.ts';
import { inMilliseconds, lengthComparisons } from '../lengths.ts';

const DAY_MS = 86_400_000;

const FIELDS = {
  subject: { words: 'Whom it was issued for.', example: { contains: 'example.com' } },
  issuer: { words: 'Who issued it.', example: { contains: "Let's Encrypt" } },
  names: {
    words: 'The DNS names and addresses that it is valid for, as a list.',
    example: { contains: 'example.com' },
  },
  trusted: { words: 'Whether someone trusted here issued it for this name and this time.', example: true },
  valid_from: { words: 'When it begins to be valid (RFC 3339, UTC).', example: { matches: '^2026' } },
  valid_to: { words: 'When it ends (RFC 3339, UTC).', example: { matches: '^2027' } },
  fingerprint_sha256: { words: 'SHA-256 of the certificate in hexadecimal digits.', example: { exists: true } },
  serial: { words: 'Serial number in hexadecimal digits.', example: { exists: true } },
  chain: {
    words: 'The subjects from the server’s own certificate upwards, as a list.',
    example: { count: { gte: 2 } },
  },
} as const;

type Field = 'expires_in' | keyof typeof FIELDS;
type Spec = readonly { readonly field: Field; readonly condition: Condition }[];

const FIELD_NAMES: readonly Field[] = ['expires_in', ...(Object.keys(FIELDS) as (keyof typeof FIELDS)[])];
const closed = { additionalProperties: false, minProperties: 1 };

/** Judges the certificate that the other side of a TLS connection showed. */
export const assertion = defineAssertion<Spec>({
  kind: 'certificate',
  spec: Type.Object(
    {
      expires_in: Type.Optional(
        Type.Object(lengthComparisons('14d'), {
          ...closed,
          'x-expected': 'comparisons such as { gt: 14d }',
          description: 'Time until it ends.',
          examples: [{ gt: '14d' }],
        }),
      ),
      ...Object.fromEntries(
        Object.entries(FIELDS).map(([field, { words, example }]) => [
          field,
          Type.Optional(conditionSchema({ description: words, examples: [example] })),
        ]),
      ),
    },
    {
      ...closed,
      'x-expected': `conditions on ${FIELD_NAMES.join(', ')}`,
      description: 'The certificate of the other side of a TLS connection.',
      examples: [{ expires_in: { gt: '14d' }, trusted: true }],
    },
  ),
  normalize: (written) =>
    Object.entries(written as object).map(([field, value]) => ({
      field: field as Field,
      condition: field === 'expires_in' ? { ...(value as object) } : normalizeCondition(value),
    })),
  check: (written) => Object.entries(written as object).flatMap(([field, value]) => checkCondition(value, [field])),
  evaluate: (spec, exchange) =>
    spec.flatMap(({ field, condition }) => {
      const about = { kind: 'certificate', subject: subject(field) };
      const { certificate } = exchange;
      if (!certificate)
        return unreadable(condition, 'there is no certificate, the connection was not encrypted', about);
      if (field === 'expires_in')
        return judge(inMilliseconds(condition), expiresIn(exchange), { ...about, show: inDays });
      const results = judge(condition, fieldOf(field, exchange) ?? MISSING, about);
      const why = field === 'trusted' && !certificate.trusted ? certificate.untrusted_reason : null;
      return why ? results.map((result) => ({ ...result, message: `${result.message} (${why})` })) : results;
    }),
  capture: defineCapture<Field>({
    spec: Type.Union(
      FIELD_NAMES.map((field) => Type.Literal(field)),
      {
        'x-expected': `one of ${FIELD_NAMES.join(', ')}`,
        description: 'A part of the certificate; expires_in in milliseconds.',
        examples: ['valid_to'],
      },
    ),
    subject,
    read(field, exchange) {
      if (!exchange.certificate) return { error: 'there is no certificate, the connection was not encrypted' };
      const value = field === 'expires_in' ? expiresIn(exchange) : fieldOf(field, exchange);
      return value === undefined ? { error: `a certificate has no ${field}` } : { value };
    },
  }),
});

function fieldOf(field: Exclude<Field, 'expires_in'>, { certificate }: Exchange): unknown {
  if (!certificate || !Object.hasOwn(certificate, field)) return undefined;
  return field === 'chain' ? certificate.chain.map((one) => one.subject) : certificate[field];
}

/** Milliseconds; negative when it has ended. */
function expiresIn({ certificate, at }: Exchange): number {
  return Date.parse(certificate!.valid_to) - at;
}

function inDays(value: unknown): string {
  return typeof value === 'number' ? `${Math.round((value / DAY_MS) * 10) / 10} days` : display(value);
}

function subject(field: Field): string {
  return field === 'expires_in' ? 'time until the certificate ends' : `${field} of the certificate`;
}
