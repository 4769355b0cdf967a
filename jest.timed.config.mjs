import base from './jest.base.mjs';

/** `npm run test:timed`: promises about time and growth, which need the machine to themselves. */
export default { ...base, testMatch: ['<rootDir>/**/*.timed.test.ts'], testTimeout: 900_000, maxWorkers: 1 };
