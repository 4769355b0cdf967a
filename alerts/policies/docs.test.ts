import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parsePolicy } from './parse.ts';

test('the policy in docs/alerts.md is one', () => {
  const text = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
  expect(examples).toHaveLength(1);
  for (const example of examples) expect(parsePolicy(example, 'docs/alerts.md', []).diagnostics).toEqual([]);
});
