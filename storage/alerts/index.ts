export { alertRepository } from './alert-repository.ts';
export { deploymentRepository } from './deployment-repository.ts';
export { type AlertSchema, alertMigrations } from './schema.ts';
