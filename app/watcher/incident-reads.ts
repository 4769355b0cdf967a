import type { AlertStore } from '../../alerts/alert-store.ts';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import type { ControlDeps } from '../../control/deps.ts';

/**
 * Incidents as the HTTP API shows them: from the database, with the desk's word for what is open, because the desk is
 * ahead of the database, and goes on when the database is away.
 */
export function incidentReads(desk: AlertDesk, store: Pick<AlertStore, 'list' | 'find'>): ControlDeps['incidents'] {
  const present = async (id: string) => desk.incident(id) ?? (await store.find(id))?.incident ?? null;
  return {
    async list(options) {
      try {
        const page = await store.list(options);
        return { ...page, items: page.items.map((incident) => desk.incident(incident.id) ?? incident) };
      } catch (error) {
        if (options.cursor) throw error;
        const items = desk.openIncidents().filter(({ state }) => !options.state || state === options.state);
        return { items, next_cursor: null };
      }
    },
    async find(id) {
      const live = desk.incident(id);
      try {
        const history = await store.find(id);
        if (history)
          return { ...(live ?? history.incident), timeline: history.timeline, deliveries: history.deliveries };
      } catch (error) {
        if (!live) throw error;
      }
      return live ? { ...live, timeline: [], deliveries: [] } : null;
    },
    acknowledge: async (id, by) => (await desk.acknowledge(id, { by, via: 'api' })) ?? present(id),
    resolve: async (id, by) => (await desk.resolve(id, { by, via: 'api' })) ?? present(id),
  };
}
