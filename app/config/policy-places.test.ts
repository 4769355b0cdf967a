import { expect, test } from '@jest/globals';
import { policyPlaces } from './policy-places.ts';

test('a rule is found by its line, with its own text and nothing of the next one', () => {
  const text = `version: 1
id: posts
rules:
  # the API must answer
  - { scenario: { tags: [critical] } }
  - id: slow
    threshold:
      is: { gt: 500ms }

    for: 2m
escalation:
  - { after: 0s, notify: [all] }
`;
  const [place] = policyPlaces(new Map([['p.policy.yaml', text]])).values();
  expect(place).toMatchObject({ file: 'p.policy.yaml', line: 2 });
  expect(place!.rules).toEqual([
    { line: 5, text: '- { scenario: { tags: [critical] } }' },
    { line: 6, text: '- id: slow\n  threshold:\n    is: { gt: 500ms }\n\n  for: 2m' },
  ]);
});
