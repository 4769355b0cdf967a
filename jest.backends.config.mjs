import base from './jest.base.mjs';

/**
 * `npm run test:backends`: against real servers, which are installed at the first run (minutes) and kept in `.cache`. One file at
 * a time: a server takes up to a gigabyte. The contract suites on stand-ins run along, for the record of what was seen on what.
 */
export default {
  ...base,
  testMatch: ['<rootDir>/**/*.backends.test.ts', '<rootDir>/monitoring/backends/*/contract.test.ts'],
  reporters: ['default', '<rootDir>/test/backends/verified-reporter.ts'],
  testTimeout: 900_000,
  maxWorkers: 1,
};
