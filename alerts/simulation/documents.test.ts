import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../policies/parse.ts';
import { coverageOf } from './coverage.ts';
import { parsePolicyTests } from './parse.ts';
import { runTests } from './run-tests.ts';
import { timelineText } from './timeline-text.ts';

/** A policy and the tests that follow it, as documents and the shipped folder have them. */
interface Example {
  name: string;
  policy: string;
  tests: string;
}

function documented(): Example[] {
  const text = readFileSync(new URL('../../docs/policy-tests.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.flatMap((tests, index) => {
    const policy = blocks[index - 1];
    return tests.startsWith('policy:') && policy ? [{ name: `example ${index}`, policy, tests }] : [];
  });
}

function shipped(): Example {
  const read = (name: string) => readFileSync(new URL(`../policies/${name}`, import.meta.url), 'utf8');
  return { name: 'critical', policy: read('critical.policy.yaml'), tests: read('critical.policy.test.yaml') };
}

async function play({ policy: policyText, tests: text }: Example) {
  const { policy, diagnostics } = parsePolicy(policyText, 'a.policy.yaml', {});
  expect(diagnostics).toEqual([]);
  const known = { policies: [policy!.id], channels: [], users: null };
  const parsed = parsePolicyTests(text, 'a.policy.test.yaml', known);
  expect(parsed.diagnostics).toEqual([]);
  const results = await runTests(parsed.tests!, { policies: [policy!], channels: [], onCall: null });
  return { policy: policy!, results };
}

describe('examples', () => {
  test('there are some', () => {
    expect(documented()).toHaveLength(2);
  });

  test.each([...documented(), shipped()])(
    '$name passes as it stands, and makes every part of its policy fire',
    async (example) => {
      const { policy, results } = await play(example);
      for (const result of results) {
        const story = [result.test.name, ...timelineText(result)].join('\n');
        expect({ differences: result.differences, story }).toEqual({ differences: [], story });
      }
      const [coverage] = coverageOf(
        [policy],
        results.flatMap(({ simulation }) => [...simulation.fired]),
      );
      expect(coverage!.missed.map(({ name }) => name)).toEqual([]);
    },
  );
});
