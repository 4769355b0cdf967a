import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DeliveryRecord, IncidentEvent, IncidentState } from '../../alerts/incident.ts';
import type { StageWord } from '../../alerts/incidents/people.ts';

/** A row whose content only the alert engine reads: JSON under its key. */
export interface RememberedTable {
  key: string;
  body: string;
}

export interface IncidentTable {
  id: string;
  state: IncidentState;
  triggered_at: string;
  /** These three say what the body says, for whoever prunes. */
  resolved_at: string | null;
  first_run: string | null;
  cause_run: string | null;
  /** TrackedIncident as JSON, without the list of monitors. */
  body: string;
}

/** Kept apart from the incident: ten thousand monitors joining one by one must not rewrite ten thousand names each time. */
export interface IncidentMonitorTable {
  incident_id: string;
  monitor: string;
  position: number;
}

export type IncidentEventTable = IncidentEvent;

export interface DeliveryTable extends DeliveryRecord {
  position: number;
  step: number | null;
}

export interface DeploymentTable {
  id: string;
  service: string;
  environment: string | null;
  version: string;
  deployed_at: string;
  source: 'api' | 'telemetry';
  description: string | null;
}

/** What a stage of the chain said of an incident, by its number. */
export interface IncidentWordTable extends StageWord {
  incident_id: string;
  number: number;
}

export interface AlertSchema {
  alert_monitors: RememberedTable;
  alert_services: RememberedTable;
  incidents: IncidentTable;
  incident_monitors: IncidentMonitorTable;
  incident_events: IncidentEventTable;
  incident_words: IncidentWordTable;
  silences: RememberedTable;
  maintenance_windows: RememberedTable;
  deliveries: DeliveryTable;
  deployments: DeploymentTable;
}

export const alertMigrations: Record<string, Migration> = {
  '0001-alerts': {
    async up(db) {
      for (const name of ['alert_monitors', 'alert_services']) {
        await db.schema
          .createTable(name)
          .addColumn('key', 'varchar(255)', (column) => column.primaryKey())
          .addColumn('body', 'text', (column) => column.notNull())
          .execute();
      }
      await db.schema
        .createTable('incidents')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addColumn('triggered_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('incidents_by_time').on('incidents').columns(['triggered_at', 'id']).execute();
      await db.schema
        .createIndex('incidents_by_state')
        .on('incidents')
        .columns(['state', 'triggered_at', 'id'])
        .execute();
      await db.schema
        .createTable('incident_monitors')
        .addColumn('incident_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('monitor', 'varchar(255)', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('incident_monitors_key', ['incident_id', 'monitor'])
        .execute();
      await db.schema
        .createTable('incident_events')
        .addColumn('id', 'varchar(96)', (column) => column.primaryKey())
        .addColumn('incident_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('at', 'varchar(32)', (column) => column.notNull())
        .addColumn('kind', 'varchar(32)', (column) => column.notNull())
        .addColumn('message', 'text', (column) => column.notNull())
        .addColumn('actor', 'varchar(255)')
        .execute();
      await db.schema
        .createIndex('incident_events_by_incident')
        .on('incident_events')
        .columns(['incident_id', 'id'])
        .execute();
      await db.schema
        .createTable('deliveries')
        .addColumn('delivery_id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('incident_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('dedup_key', 'varchar(255)', (column) => column.notNull())
        .addColumn('channel', 'varchar(255)', (column) => column.notNull())
        .addColumn('event', 'varchar(32)', (column) => column.notNull())
        .addColumn('status', 'varchar(16)', (column) => column.notNull())
        .addColumn('due_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('last_attempt_at', 'varchar(32)')
        .addColumn('last_error', 'text')
        .addColumn('provider_ref', 'varchar(255)')
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('step', 'integer')
        .execute();
      await db.schema
        .createIndex('deliveries_by_incident')
        .on('deliveries')
        .columns(['incident_id', 'position'])
        .execute();
      await db.schema.createIndex('deliveries_by_status').on('deliveries').column('status').execute();
      await db.schema
        .createTable('deployments')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('service', 'varchar(255)', (column) => column.notNull())
        .addColumn('environment', 'varchar(255)')
        .addColumn('version', 'varchar(255)', (column) => column.notNull())
        .addColumn('deployed_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('source', 'varchar(16)', (column) => column.notNull())
        .addColumn('description', 'text')
        .execute();
      await db.schema
        .createIndex('deployments_by_service')
        .on('deployments')
        .columns(['service', 'deployed_at'])
        .execute();
    },
  },
  '0002-alert-chain': {
    async up(db) {
      for (const name of ['silences', 'maintenance_windows']) {
        await db.schema
          .createTable(name)
          .addColumn('key', 'varchar(255)', (column) => column.primaryKey())
          .addColumn('body', 'text', (column) => column.notNull())
          .execute();
      }
      await db.schema
        .createTable('incident_words')
        .addColumn('incident_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('number', 'integer', (column) => column.notNull())
        .addColumn('stage', 'varchar(16)', (column) => column.notNull())
        .addColumn('at', 'varchar(32)', (column) => column.notNull())
        .addColumn('verdict', 'varchar(16)', (column) => column.notNull())
        .addColumn('why', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('incident_words_key', ['incident_id', 'number'])
        .execute();
    },
  },
  '0005-incident-retention': {
    async up(db) {
      await db.schema.alterTable('incidents').addColumn('resolved_at', 'varchar(32)').execute();
      for (const column of ['first_run', 'cause_run']) {
        await db.schema.alterTable('incidents').addColumn(column, 'varchar(64)').execute();
        await db.schema.createIndex(`incidents_by_${column}`).on('incidents').column(column).execute();
      }
      await db.schema.createIndex('incidents_by_end').on('incidents').columns(['resolved_at', 'id']).execute();
      // A damaged row must not keep a watcher from starting.
      await sql`update incidents set
        resolved_at = json_extract(body, '$.incident.resolved_at'),
        cause_run = case when coalesce(json_extract(body, '$.incident.source'), 'run') = 'run'
          then json_extract(body, '$.incident.cause.run_id') end
        where json_valid(body)`.execute(db);
    },
  },
};
