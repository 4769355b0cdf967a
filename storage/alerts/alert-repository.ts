import type { Kysely, Transaction } from 'kysely';
import type { AlertStore } from '../../alerts/alert-store.ts';
import {
  type AlertChange,
  type MonitorAlert,
  type QueuedDelivery,
  type ServiceAlert,
  type TrackedIncident,
  WORDS_KEPT,
} from '../../alerts/engine/state.ts';
import type { Incident } from '../../alerts/incident.ts';
import type { StageWord } from '../../alerts/incidents/people.ts';
import type { MaintenanceWindow, Silence } from '../../alerts/silences/silence.ts';
import { pageOf, readCursor } from './newest-first.ts';
import { completeIncident, completeMonitor } from './older-rows.ts';
import type { AlertSchema, IncidentTable, RememberedTable } from './schema.ts';

/** Bound parameters in one statement: SQLite allows 32,766 and MySQL 65,535. */
const ROWS_AT_ONCE = 200;
/** Vendors date what they accept by clocks of their own. */
const VENDOR_CLOCK_SLACK_MS = 60_000;

/** Alerts in SQL that SQLite and MySQL both understand. */
export function alertRepository(db: Kysely<AlertSchema>): AlertStore {
  return {
    async load() {
      const monitors = await db.selectFrom('alert_monitors').select('body').execute();
      const services = await db.selectFrom('alert_services').select('body').execute();
      const silences = await db.selectFrom('silences').select('body').execute();
      const windows = await db.selectFrom('maintenance_windows').select('body').execute();
      const pending = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('status', '=', 'pending')
        .orderBy('position')
        .execute();
      const open = await db.selectFrom('incidents').selectAll().where('state', '!=', 'resolved').execute();
      const known = new Set(open.map(({ id }) => id));
      const unfinished = [...new Set(pending.map(({ incident_id }) => incident_id))].filter((id) => !known.has(id));
      for (const ids of chunks(unfinished)) {
        open.push(...(await db.selectFrom('incidents').selectAll().where('id', 'in', ids).execute()));
      }
      return {
        monitors: monitors.map(({ body }) => completeMonitor(JSON.parse(body) as Partial<MonitorAlert>)),
        services: services.map(({ body }) => JSON.parse(body) as ServiceAlert),
        incidents: await withWords(db, await withMonitors(db, open)),
        deliveries: pending satisfies QueuedDelivery[],
        accepted: await acceptedSince(db, pending),
        silences: silences.map(({ body }) => JSON.parse(body) as Silence),
        windows: windows.map(({ body }) => JSON.parse(body) as MaintenanceWindow),
      };
    },

    commit: (change) => db.transaction().execute((transaction) => write(transaction, change)),

    async list({ state, limit, cursor }) {
      let query = db
        .selectFrom('incidents')
        .selectAll()
        .orderBy('triggered_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (state) query = query.where('state', '=', state);
      const mark = readCursor(cursor);
      if (mark) {
        query = query.where((where) =>
          where.or([
            where('triggered_at', '<', mark.at),
            where.and([where('triggered_at', '=', mark.at), where('id', '<', mark.id)]),
          ]),
        );
      }
      const rows = await query.execute();
      const page = pageOf(
        rows,
        limit,
        (row) => ({ at: row.triggered_at, id: row.id }),
        (row) => row,
      );
      const incidents = await withMonitors(db, page.items);
      return { items: incidents.map(({ incident }) => incident), next_cursor: page.next_cursor };
    },

    async find(id) {
      const row = await db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const [tracked] = await withWords(db, await withMonitors(db, [row]));
      const timeline = await db
        .selectFrom('incident_events')
        .selectAll()
        .where('incident_id', '=', id)
        .orderBy('id')
        .execute();
      const deliveries = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('incident_id', '=', id)
        .orderBy('position')
        .execute();
      return {
        incident: tracked!.incident,
        first_run: tracked!.first_run,
        timeline,
        deliveries: deliveries.map(({ position: _position, step: _step, ...record }) => record),
        words: [...tracked!.words],
      };
    },
  };
}

async function write(db: Transaction<AlertSchema>, change: AlertChange): Promise<void> {
  for (const keys of chunks([...change.forgotten])) {
    await db.deleteFrom('alert_monitors').where('key', 'in', keys).execute();
  }
  // REPLACE is the upsert that SQLite and MySQL share; written again after an unclear answer, the rows are the same.
  for (const part of chunks([...change.monitors.values()])) {
    await db.replaceInto('alert_monitors').values(part.map(remembered)).execute();
  }
  for (const part of chunks([...change.services.values()])) {
    await db.replaceInto('alert_services').values(part.map(remembered)).execute();
  }
  for (const part of chunks([...change.incidents.values()])) {
    await db.replaceInto('incidents').values(part.map(incidentRow)).execute();
  }
  for (const part of chunks(change.members)) await db.replaceInto('incident_monitors').values(part).execute();
  for (const part of chunks(change.events)) await db.replaceInto('incident_events').values(part).execute();
  for (const part of chunks([...change.deliveries.values()])) {
    await db.replaceInto('deliveries').values(part).execute();
  }
  await writeWords(db, change.words);
  await writeRemembered(db, 'silences', change.silences);
  await writeRemembered(db, 'maintenance_windows', change.windows);
}

async function writeRemembered(
  db: Transaction<AlertSchema>,
  table: 'silences' | 'maintenance_windows',
  rows: ReadonlyMap<string, unknown>,
): Promise<void> {
  for (const part of chunks([...rows])) {
    const kept = part.flatMap(([key, row]) => (row === null ? [] : [{ key, body: JSON.stringify(row) }]));
    if (kept.length > 0) await db.replaceInto(table).values(kept).execute();
    const gone = part.flatMap(([key, row]) => (row === null ? [key] : []));
    if (gone.length > 0) await db.deleteFrom(table).where('key', 'in', gone).execute();
  }
}

function remembered(row: { key: string }): RememberedTable {
  return { key: row.key, body: JSON.stringify(row) };
}

/** Those beyond the last 200 of an incident go. */
async function writeWords(db: Transaction<AlertSchema>, words: AlertChange['words']): Promise<void> {
  const newest = new Map(words.map(({ incident_id, number }) => [incident_id, number]));
  const kept = words.filter(({ incident_id, number }) => number > newest.get(incident_id)! - WORDS_KEPT);
  for (const part of chunks(kept)) await db.replaceInto('incident_words').values(part).execute();
  for (const [incident_id, number] of newest) {
    if (number < WORDS_KEPT) continue;
    await db
      .deleteFrom('incident_words')
      .where('incident_id', '=', incident_id)
      .where('number', '<=', number - WORDS_KEPT)
      .execute();
  }
}

async function acceptedSince(db: Kysely<AlertSchema>, pending: readonly QueuedDelivery[]) {
  const first = pending.map(({ due_at }) => due_at).sort()[0];
  if (first === undefined) return [];
  const rows = await db
    .selectFrom('deliveries')
    .select(['channel', 'provider_ref'])
    .where('status', '=', 'accepted')
    .where('last_attempt_at', '>=', new Date(Date.parse(first) - VENDOR_CLOCK_SLACK_MS).toISOString())
    .execute();
  return rows.flatMap(({ channel, provider_ref }) => (provider_ref === null ? [] : [{ channel, provider_ref }]));
}

function incidentRow(row: TrackedIncident): IncidentTable {
  const { id, state, triggered_at } = row.incident;
  const body = JSON.stringify({ ...row, words: [], incident: { ...row.incident, monitors: [] } });
  return { id, state, triggered_at, body };
}

async function withMonitors(db: Kysely<AlertSchema>, rows: readonly IncidentTable[]): Promise<TrackedIncident[]> {
  const monitors = new Map<string, string[]>();
  for (const ids of chunks(rows.map(({ id }) => id))) {
    const found = await db
      .selectFrom('incident_monitors')
      .selectAll()
      .where('incident_id', 'in', ids)
      .orderBy('position')
      .execute();
    for (const { incident_id, monitor } of found) {
      const known = monitors.get(incident_id);
      if (known) known.push(monitor);
      else monitors.set(incident_id, [monitor]);
    }
  }
  return rows.map((row) => {
    const tracked = completeIncident(JSON.parse(row.body) as Partial<TrackedIncident>);
    const incident: Incident = { ...tracked.incident, monitors: monitors.get(row.id) ?? [] };
    return { ...tracked, incident };
  });
}

async function withWords(db: Kysely<AlertSchema>, rows: readonly TrackedIncident[]): Promise<TrackedIncident[]> {
  const words = new Map<string, StageWord[]>();
  for (const ids of chunks(rows.map(({ incident }) => incident.id))) {
    const found = await db
      .selectFrom('incident_words')
      .selectAll()
      .where('incident_id', 'in', ids)
      .orderBy('number')
      .execute();
    for (const { incident_id, number: _number, ...word } of found) {
      const known = words.get(incident_id);
      if (known) known.push(word);
      else words.set(incident_id, [word]);
    }
  }
  return rows.map((row) => ({ ...row, words: words.get(row.incident.id) ?? [] }));
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE);
}
