import { expect, test } from '@jest/globals';
import { loadCompilers } from './registry.ts';
import { type CompilerCase, describeCompiler } from './testing/describe-compiler.ts';

/** What docs/compilers.md tells of each target. */
const CASES: Readonly<Record<string, CompilerCase>> = {
  // The usual logs hold a backslash, for which its patterns have no words; others come near.
  cloudwatch: {
    refuses: ['slow-route', 'slow-combination', 'logs', 'surge', 'runs', 'ledger', 'scenario'],
    approximates: ['slow'],
  },
  elasticsearch: { refuses: ['orders'], approximates: ['slow', 'slow-route', 'slow-combination', 'scenario'] },
  grafana: { refuses: ['logs'], approximates: [] },
  kapacitor: { refuses: [], approximates: ['depth', 'orders', 'silent', 'budget'] },
  kibana: {
    refuses: ['orders', 'runs', 'ledger', 'scenario'],
    approximates: ['slow', 'slow-route', 'slow-combination', 'share', 'budget'],
  },
  newrelic: {
    refuses: ['surge', 'budget', 'runs', 'ledger'],
    approximates: ['slow-route', 'silent', 'scenario'],
  },
  prometheus: { refuses: ['logs'], approximates: [] },
};

const compilers = await loadCompilers();

test('every folder is a target, and every target has its case', () => {
  expect([...compilers.keys()]).toEqual(Object.keys(CASES));
});

for (const [target, compiler] of compilers) describeCompiler(compiler, CASES[target]!);
