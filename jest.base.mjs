import { join } from 'node:path';

// Tests start hundreds of processes of the same code; each inherits what an earlier one compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.cache/compiled');

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/transform.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.ringdown'],
  // Not a limit on speed: many processes on a busy machine take their time, and a test that hangs ends all the same.
  testTimeout: 120_000,
};
