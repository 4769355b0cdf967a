import { type AlertSchema, alertMigrations, alertRepository, deploymentRepository } from './alerts/index.ts';
import { type OnBroken, refuseBroken } from './broken-rows.ts';
import { type HeartbeatSchema, heartbeatMigrations, heartbeatRepository } from './heartbeats/index.ts';
import { type InboundSchema, inboundMigrations, inboundRepository } from './inbound/index.ts';
import { type OnCallSchema, onCallMigrations, overrideRepository } from './on-call/index.ts';
import { type RunSchema, runMigrations, runRepository } from './runs/run-repository.ts';
import { migrate, openSqlite } from './sqlite/index.ts';

/**
 * Opens the watcher's state and brings its tables up to date.
 * @param file path of the SQLite database, or `:memory:`
 * @param onBroken hears of rows that cannot be read, which are left out; without it the first of them is an error
 */
export async function openState(file: string, onBroken: OnBroken = refuseBroken) {
  const { db, close } = await openSqlite<RunSchema & AlertSchema & HeartbeatSchema & InboundSchema & OnCallSchema>({
    file,
  });
  try {
    await migrate(db, {
      ...runMigrations,
      ...alertMigrations,
      ...heartbeatMigrations,
      ...inboundMigrations,
      ...onCallMigrations,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    runs: runRepository(db.$pickTables<keyof RunSchema>(), onBroken),
    alerts: alertRepository(db.$pickTables<keyof AlertSchema>(), onBroken),
    deployments: deploymentRepository(db.$pickTables<keyof AlertSchema>()),
    heartbeats: heartbeatRepository(db.$pickTables<keyof HeartbeatSchema>()),
    inbound: inboundRepository(db.$pickTables<keyof InboundSchema>(), onBroken),
    onCallOverrides: overrideRepository(db.$pickTables<keyof OnCallSchema>(), onBroken),
    close,
  };
}
