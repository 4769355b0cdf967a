import base from './jest.base.mjs';

/** `npm test`: everything that needs no server, key, browser or network, in under three minutes. */
export default {
  ...base,
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.slow\\.test\\.ts$', '\\.browser\\.test\\.ts$'],
};
