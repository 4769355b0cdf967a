import type { ComingStep as EngineStep } from '../../alerts/engine/forecast.ts';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import type { ControlDeps } from '../../control/deps.ts';
import type { ComingStep } from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';
import { writePostMortem } from './post-mortem.ts';
import type { State } from './state-file.ts';

/**
 * Incidents as the HTTP API shows them: from the database, with the desk's word for what is open, because the desk is
 * ahead of the database, and goes on when the database is away.
 */
export function incidentReads(
  desk: AlertDesk,
  { alerts: store, runs }: Pick<State, 'alerts' | 'runs'>,
  clock: Clock,
  named: (steps: readonly EngineStep[]) => ComingStep[],
): ControlDeps['incidents'] {
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
      const coming = named(desk.coming(id) ?? []);
      try {
        const history = await store.find(id);
        if (history)
          return { ...(live ?? history.incident), timeline: history.timeline, deliveries: history.deliveries, coming };
      } catch (error) {
        if (!live) throw error;
      }
      return live ? { ...live, timeline: [], deliveries: [], coming } : null;
    },
    async explain(id) {
      const live = desk.incident(id);
      const words = desk.explain(id);
      if (live && words) return { incident: live, words: [...words] };
      const history = await store.find(id);
      return history && { incident: live ?? history.incident, words: history.words };
    },
    export: (id) => writePostMortem(id, { store, runs, now: () => clock.now() }),
    acknowledge: async (id, by) => (await desk.acknowledge(id, { by, via: 'api' })) ?? present(id),
    resolve: async (id, by) => (await desk.resolve(id, { by, via: 'api' })) ?? present(id),
    escalate: (id, by) => desk.escalate(id, { by, via: 'api' }),
    note: (id, text, by) => desk.note(id, text, { by, via: 'api' }),
    assign: (id, to, by) => desk.assign(id, to, { by, via: 'api' }),
    merge: (id, into, by) => desk.merge(id, into, { by, via: 'api' }),
    silence: (id, forMs, by) => desk.silenceIncident(id, forMs, { by, via: 'api' }),
  };
}
