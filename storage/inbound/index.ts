import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { InboundAlert } from '../../alerts/inbound/inbound.ts';
import type { InboundStore } from '../../alerts/inbound/inbound-store.ts';
import { type OnBroken, readJson, readRows, refuseBroken } from '../broken-rows.ts';

export interface InboundAlertTable {
  source: string;
  alert_key: string;
  state: 'firing' | 'resolved';
  sent_at: string;
  received_at: string;
  /** InboundAlert as JSON. */
  body: string;
}

export interface TakenRequestTable {
  request_key: string;
  taken_at: string;
}

export interface InboundSchema {
  inbound_alerts: InboundAlertTable;
  taken_requests: TakenRequestTable;
}

export const inboundMigrations: Record<string, Migration> = {
  '0003-inbound': {
    async up(db) {
      await db.schema
        .createTable('inbound_alerts')
        .addColumn('source', 'varchar(64)', (column) => column.notNull())
        .addColumn('alert_key', 'varchar(255)', (column) => column.notNull())
        .addColumn('state', 'varchar(16)', (column) => column.notNull())
        .addColumn('sent_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('received_at', 'varchar(32)', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('inbound_alerts_key', ['source', 'alert_key'])
        .execute();
      await db.schema
        .createIndex('inbound_alerts_by_state')
        .on('inbound_alerts')
        .columns(['state', 'received_at'])
        .execute();
      await db.schema
        .createTable('taken_requests')
        .addColumn('request_key', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('taken_at', 'varchar(32)', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('taken_requests_by_time').on('taken_requests').column('taken_at').execute();
    },
  },
};

/** Rows of one statement, well below the parameters that SQLite takes. */
const ROWS_AT_ONCE = 500;

/** @param onBroken hears of alerts that cannot be read, which are left out; without it the first of them is an error */
export function inboundRepository(db: Kysely<InboundSchema>, onBroken: OnBroken = refuseBroken): InboundStore {
  return {
    async load(since) {
      const alerts = await db
        .selectFrom('inbound_alerts')
        .selectAll()
        .where((where) => where.or([where('state', '=', 'firing'), where('received_at', '>', since)]))
        .orderBy('received_at')
        .execute();
      const taken = await db
        .selectFrom('taken_requests')
        .selectAll()
        .where('taken_at', '>', since)
        .orderBy('taken_at')
        .execute();
      return {
        alerts: readRows(alerts, remembered, onBroken),
        taken: taken.map(({ request_key, taken_at }) => ({ key: request_key, at: taken_at })),
      };
    },

    saveAlerts: (alerts) =>
      db.transaction().execute(async (transaction) => {
        for (const [source, own] of Map.groupBy(alerts, (entry) => entry.source)) {
          for (let from = 0; from < own.length; from += ROWS_AT_ONCE) {
            const rows = own.slice(from, from + ROWS_AT_ONCE).map(({ at, received_at, alert }) => ({
              source,
              alert_key: alert.key,
              state: alert.state,
              sent_at: at,
              received_at,
              body: JSON.stringify(alert),
            }));
            const keys = rows.map((row) => row.alert_key);
            await transaction
              .deleteFrom('inbound_alerts')
              .where('source', '=', source)
              .where('alert_key', 'in', keys)
              .execute();
            await transaction.insertInto('inbound_alerts').values(rows).execute();
          }
        }
      }),

    saveTaken: (taken) =>
      db.transaction().execute(async (transaction) => {
        for (let from = 0; from < taken.length; from += ROWS_AT_ONCE) {
          const rows = taken.slice(from, from + ROWS_AT_ONCE);
          const keys = rows.map(({ key }) => key);
          await transaction.deleteFrom('taken_requests').where('request_key', 'in', keys).execute();
          await transaction
            .insertInto('taken_requests')
            .values(rows.map(({ key, at }) => ({ request_key: key, taken_at: at })))
            .execute();
        }
      }),

    async prune(before) {
      await db.transaction().execute(async (transaction) => {
        await transaction
          .deleteFrom('inbound_alerts')
          .where('state', '=', 'resolved')
          .where('received_at', '<', before)
          .execute();
        await transaction.deleteFrom('taken_requests').where('taken_at', '<', before).execute();
      });
    },
  };
}

const remembered = {
  table: 'inbound_alerts',
  key: ({ source, alert_key }: InboundAlertTable) => `${source} ${alert_key}`,
  read: ({ source, sent_at, received_at, body }: InboundAlertTable) => ({
    source,
    at: sent_at,
    received_at,
    alert: readJson<InboundAlert>(body, 'key', 'state'),
  }),
};
