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
import { type OnBroken, readJson, readRows, refuseBroken } from '../broken-rows.ts';
import { pageOf, readCursor } from './newest-first.ts';
import { completeIncident, completeMonitor } from './older-rows.ts';
import { evidenceRuns, pruneIncidents } from './prune.ts';
import type { AlertSchema, IncidentTable, RememberedTable } from './schema.ts';

/** Bound parameters in one statement: SQLite allows 32,766 and MySQL 65,535. */
const ROWS_AT_ONCE = 200;
/** Vendors date what they accept by clocks of their own. */
const VENDOR_CLOCK_SLACK_MS = 60_000;

/**
 * Alerts in SQL that SQLite and MySQL both understand.
 * @param onBroken hears of rows that cannot be read, which are left out; without it the first of them is an error
 */
export function alertRepository(db: Kysely<AlertSchema>, onBroken: OnBroken = refuseBroken): AlertStore {
  const remembered = <Row>(table: string, rows: readonly RememberedTable[], ...wanted: (keyof Row & string)[]) =>
    readRows(rows, { table, key: ({ key }) => key, read: ({ body }) => readJson<Row>(body, ...wanted) }, onBroken);
  return {
    async load() {
      const monitors = await db.selectFrom('alert_monitors').selectAll().execute();
      const services = await db.selectFrom('alert_services').selectAll().execute();
      const silences = await db.selectFrom('silences').selectAll().execute();
      const windows = await db.selectFrom('maintenance_windows').selectAll().execute();
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
      const incidents = await withWords(db, await withMonitors(db, open, onBroken));
      const read = new Set(incidents.map(({ incident }) => incident.id));
      return {
        monitors: remembered<Partial<MonitorAlert>>('alert_monitors', monitors, 'key', 'state').map(completeMonitor),
        services: remembered<ServiceAlert>('alert_services', services, 'key', 'opened'),
        incidents,
        // What was to be told of an incident that cannot be read, nobody could say.
        deliveries: pending.filter(({ incident_id }) => read.has(incident_id)) satisfies QueuedDelivery[],
        accepted: await acceptedSince(db, pending),
        silences: remembered<Silence>('silences', silences, 'id', 'matchers', 'starts_at', 'ends_at'),
        windows: remembered<MaintenanceWindow>('maintenance_windows', windows, 'id', 'matchers'),
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
      const incidents = await withMonitors(db, page.items, onBroken);
      return { items: incidents.map(({ incident }) => incident), next_cursor: page.next_cursor };
    },

    async find(id) {
      const row = await db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const [tracked] = await withWords(db, await withMonitors(db, [row], refuseBroken));
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

    prune: (before, abort) => pruneIncidents(db, before, abort),
    evidenceRuns: (runs) => evidenceRuns(db, runs),
  };
}

async function write(db: Transaction<AlertSchema>, change: AlertChange): Promise<void> {
  for (const keys of chunks([...change.forgotten])) {
    await db.deleteFrom('alert_monitors').where('key', 'in', keys).execute();
  }
  // REPLACE is the upsert that SQLite and MySQL share; written again after an unclear answer, the rows are the same.
  for (const part of chunks([...change.monitors.values()])) {
    await db.replaceInto('alert_monitors').values(part.map(rememberedRow)).execute();
  }
  await writeRemembered(db, 'alert_services', change.services);
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
  table: 'alert_services' | 'silences' | 'maintenance_windows',
  rows: ReadonlyMap<string, unknown>,
): Promise<void> {
  for (const part of chunks([...rows])) {
    const kept = part.flatMap(([key, row]) => (row === null ? [] : [{ key, body: JSON.stringify(row) }]));
    if (kept.length > 0) await db.replaceInto(table).values(kept).execute();
    const gone = part.flatMap(([key, row]) => (row === null ? [key] : []));
    if (gone.length > 0) await db.deleteFrom(table).where('key', 'in', gone).execute();
  }
}

function rememberedRow(row: { key: string }): RememberedTable {
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
  const { id, state, triggered_at, resolved_at, source, cause } = row.incident;
  const body = JSON.stringify({ ...row, words: [], incident: { ...row.incident, monitors: [] } });
  const cause_run = source === 'run' ? cause.run_id : null;
  return { id, state, triggered_at, resolved_at, first_run: row.first_run?.id ?? null, cause_run, body };
}

async function withMonitors(
  db: Kysely<AlertSchema>,
  rows: readonly IncidentTable[],
  onBroken: OnBroken,
): Promise<TrackedIncident[]> {
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
  const read = (row: IncidentTable): TrackedIncident => {
    const tracked = completeIncident(readJson<TrackedIncident>(row.body, 'incident', 'timers'));
    if (tracked.incident.id !== row.id) throw new Error('it is not the incident that it is kept as');
    const incident: Incident = { ...tracked.incident, monitors: monitors.get(row.id) ?? [] };
    return { ...tracked, incident };
  };
  return readRows(rows, { table: 'incidents', key: ({ id }) => id, read }, onBroken);
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
