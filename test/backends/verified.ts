import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from '@jest/globals';
import { type Claim, claimsOf, type Peer } from './verified-records.ts';

/**
 * Says that everything that passes in this test file was seen on this peer: each test becomes a feature in docs/verified.md, under
 * its own title. Called once, when the peer runs.
 * @example verifies({ backend: 'elasticsearch', against: 'real', by: `Elasticsearch ${server.version}` })
 */
export function verifies(peer: Peer): void {
  claim(peer);
}

/** Says that the running test has seen this feature work on this peer: called at its end, counted when it passes. */
export function verified({ feature, ...peer }: Peer & { feature: string }): void {
  const { currentTestName } = expect.getState();
  if (!currentTestName) throw new Error('verified() is called outside of a test: verifies() speaks for a whole file');
  claim({ ...peer, feature, test: currentTestName });
}

function claim(said: Claim): void {
  const { testPath } = expect.getState();
  if (!testPath) throw new Error('nothing is verified outside of a test file');
  const file = claimsOf(testPath);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(said)}\n`);
}
