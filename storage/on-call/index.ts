export { type OnCallSchema, onCallMigrations, overrideRepository } from './override-repository.ts';
