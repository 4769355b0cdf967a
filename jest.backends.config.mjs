import base from './jest.base.mjs';

/**
 * `npm run test:backends`: against real servers, which are installed at the first run (minutes) and kept in `.cache`. One file at
 * a time: a server takes up to a gigabyte.
 */
export default { ...base, testMatch: ['<rootDir>/**/*.backends.test.ts'], testTimeout: 900_000, maxWorkers: 1 };
