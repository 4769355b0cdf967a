import Type from 'typebox';
import { DURATION_PATTERN, PERCENT_PATTERN } from '../../core/units.ts';

/** Pieces that schemas of the scenario file are made of. */

export const closed = { additionalProperties: false };

export const Name = '^[A-Za-z_][A-Za-z0-9_]*$';
export const NAME_WORDS = 'letters, digits and _, not beginning with a digit';

export const duration = (description: string, example: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    'x-expected': 'a duration such as 500ms, 30s or 1h30m',
    description,
    examples: [example],
  });

export const percent = (description: string, example: string) =>
  Type.String({ pattern: PERCENT_PATTERN, 'x-expected': 'a percentage such as 10%', description, examples: [example] });

export const text = (description: string, example: string, options: object = {}) =>
  Type.String({ minLength: 1, description, examples: [example], ...options });
