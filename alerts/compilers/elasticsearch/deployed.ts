import type { Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import type { Watch } from './watch.ts';

const MOST_WATCHES = 1_000;

/** @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-watcher-query-watches */
export async function deployedWatches(connection: Connection, abort: AbortSignal): Promise<Item[]> {
  const body = { size: MOST_WATCHES, query: { exists: { field: 'metadata.ringdown_policy' } } };
  const { watches } = (await getJson(connection, '/_watcher/_query/watches', abort, { method: 'POST', body })) as {
    watches: { _id: string; watch: Watch['body']; status?: { state?: { active: boolean } } }[];
  };
  return watches.map(({ _id, watch, status }) => itemOf({ id: _id, body: watch }, status?.state?.active ?? true));
}

/** Without headers: Elasticsearch does not tell them. */
export function itemOf({ id, body }: Watch, active: boolean): Item {
  const actions = Object.entries(body.actions).map(([name, action]) => {
    const { webhook, foreach } = action as { webhook?: { url?: string; body?: string }; foreach?: string };
    return [name, foreach, webhook?.url, webhook?.body];
  });
  return {
    id: `watch ${id}`,
    content: {
      interval: body.trigger.schedule.interval,
      search: canonical(body.input.search.request),
      judged: body.transform.script.source,
      actions: canonical(actions),
      metadata: canonical(body.metadata),
      active: String(active),
    },
  };
}

/** JSON with keys in their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
