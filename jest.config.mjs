import { availableParallelism } from 'node:os';
import base from './jest.base.mjs';

/** `npm test`: everything that needs no server, key, browser or network, in under three minutes. */
export default {
  ...base,
  // One core fewer, as jest would have it, leaves a machine of two half idle.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '\\.slow\\.test\\.ts$',
    '\\.browser\\.test\\.ts$',
    '\\.backends\\.test\\.ts$',
    '\\.compose\\.test\\.ts$',
  ],
};
