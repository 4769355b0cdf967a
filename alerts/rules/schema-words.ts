import { Type } from 'typebox';
import { DURATION_PATTERN } from '../../core/units.ts';

/** Pieces that schemas of the policy file are made of. */

export const closed = { additionalProperties: false };

export const duration = (description: string, example: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    'x-expected': 'a duration such as 30s, 5m or 1h30m',
    description,
    examples: [example],
  });

export const text = (description: string, example: string, options: object = {}) =>
  Type.String({ minLength: 1, maxLength: 1_000, description, examples: [example], ...options });

export const texts = (description: string, example: readonly string[], options: object = {}) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
    minItems: 1,
    maxItems: 200,
    description,
    examples: [example],
    ...options,
  });

/** Names and their values; numbers and `true` are taken as they are written. */
export const labels = (description: string, example: Record<string, string | number>, options: object = {}) =>
  Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean()]), {
    maxProperties: 50,
    'x-expected': 'a mapping from names to values',
    description,
    examples: [example],
    ...options,
  });

export function asTexts(written: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(written ?? {}).map(([name, value]) => [name, String(value)]));
}
