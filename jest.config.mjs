import { availableParallelism } from 'node:os';
import base from './jest.base.mjs';

/** `npm test`: everything that needs no server, key, browser or network, in under three minutes. */
export default {
  ...base,
  // Many tests wait for processes and sockets: one worker more than cores keeps all of them busy.
  maxWorkers: availableParallelism() + 1,
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '\\.slow\\.test\\.ts$',
    '\\.timed\\.test\\.ts$',
    '\\.browser\\.test\\.ts$',
    '\\.backends\\.test\\.ts$',
    '\\.compose\\.test\\.ts$',
  ],
};
