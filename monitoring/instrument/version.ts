/** Instrumentation scope of everything this package records; a test keeps the version equal to package.json's. */
export const SCOPE_NAME = '@ringdown/instrument';
export const VERSION = '0.1.0';
