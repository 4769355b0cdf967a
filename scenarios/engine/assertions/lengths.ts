import Type, { type TSchema } from 'typebox';
import { DURATION_PATTERN, parseDuration } from '../../../core/units.ts';
import type { Condition } from './condition.ts';
import { Templated } from './condition-schema.ts';

const WORDS = { lt: 'Less than.', lte: 'At most.', gt: 'More than.', gte: 'At least.' };

/** Comparisons with lengths of time, as properties of a schema. */
export function lengthComparisons(example: string): Record<string, TSchema> {
  const length = [Type.String({ pattern: DURATION_PATTERN, 'x-expected': 'a duration' }), Templated];
  return Object.fromEntries(
    Object.entries(WORDS).map(([operator, description]) => [
      operator,
      Type.Optional(
        Type.Union(length, { 'x-expected': `a duration such as ${example}`, description, examples: [example] }),
      ),
    ]),
  );
}

/** The same comparisons in milliseconds. A text that is no duration stays as it is; judging it says so. */
export function inMilliseconds(condition: Condition): Condition {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, length]) => [
      operator,
      typeof length === 'string' ? (parseDuration(length) ?? length) : length,
    ]),
  );
}
