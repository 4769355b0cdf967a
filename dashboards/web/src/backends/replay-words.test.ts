import { expect, test } from '@jest/globals';
import { outcomeWords } from './replay-words.ts';

test('what came of a replay is one sentence, with nothing in it that did not happen', () => {
  const none = { replayed: 1, delivered: 1, rejected: 0, filtered: 0, waiting: 0 };
  expect(outcomeWords(none)).toBe('1 record handed over: 1 item delivered.');
  expect(outcomeWords({ replayed: 3, delivered: 1_200, rejected: 4, filtered: 2, waiting: 1 })).toBe(
    '3 records handed over: 1\u202f200 items delivered, 4 items refused again, 2 items left out by the filter, 1 item not taken now.',
  );
});
