import type { Answers } from '../../../reader.ts';
import type { Store } from '../store.ts';
import type { Window } from './parameters.ts';

/** Names of the files that have events of the window, in alphabetical order. */
export async function askMetricNames(
  store: Store,
  window: Window,
  abort?: AbortSignal,
): Promise<Answers['metric_names']> {
  const parts = await store.ask(
    window.fromNs,
    window.toNs,
    async (query) =>
      await query(`
        SELECT DISTINCT name, unit, type FROM series
        UNION SELECT 'http.server.request.duration', 's', 'histogram' FROM span_shapes WHERE kind = 2`),
    abort,
  );
  const names = new Map(parts.flat().map((row) => [`${row.name}\0${row.unit}\0${row.type}`, row]));
  return [...names.keys()].sort().map((key) => {
    const { name, unit, type } = names.get(key) as unknown as { name: string; unit: string; type: string };
    return { name, unit, type };
  });
}
