import base from './jest.base.mjs';

/** `npm run test:browser`: the built UI in a real Chromium (CHROMIUM_PATH, or the system's). */
export default { ...base, testMatch: ['<rootDir>/**/*.browser.test.ts'], testTimeout: 180_000, maxWorkers: 1 };
