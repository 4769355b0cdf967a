export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/transform.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.ringdown'],
  // Not a limit on speed: many processes on a busy machine take their time, and a test that hangs ends all the same.
  testTimeout: 120_000,
};
