import { randomSeed } from 'k6';
import crypto from 'k6/crypto';
import exec from 'k6/execution';

/** So many random hexadecimal digits of an id that nobody else has, whatever the seed. */
export function randomHex(length) {
  return [...new Uint8Array(crypto.randomBytes(length / 2))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** From here on, random values are the same in every test with this seed; another iteration has others. */
export function repeatable(seed) {
  randomSeed(seed + exec.scenario.iterationInTest);
}
