import base from './jest.base.mjs';

/** `npm run test:compose`: our images and docker-compose.yml on a real Docker engine; see test/compose/README.md. */
export default { ...base, testMatch: ['<rootDir>/**/*.compose.test.ts'], testTimeout: 600_000, maxWorkers: 1 };
