import base from './jest.base.mjs';

/** `npm run test:slow`: seeded kill -9 runs, disk-full and other faults that take minutes, most of them waiting. */
export default { ...base, testMatch: ['<rootDir>/**/*.slow.test.ts'], testTimeout: 900_000, maxWorkers: 2 };
