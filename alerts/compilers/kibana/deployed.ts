import type { Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import type { KibanaRule } from './rule.ts';

const PER_PAGE = 100;

/** @see https://www.elastic.co/docs/api/doc/kibana/operation/operation-get-alerting-rules-find */
export async function deployedRules(connection: Connection, abort: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page++) {
    const query = new URLSearchParams({
      per_page: String(PER_PAGE),
      page: String(page),
      search: 'ringdown*',
      search_fields: 'name',
    });
    const { data, total } = (await getJson(connection, `/api/alerting/rules/_find?${query}`, abort)) as {
      data: (Omit<KibanaRule['body'], 'enabled'> & { id: string; enabled: boolean })[];
      total: number;
    };
    items.push(
      ...data
        .filter(({ name }) => name.startsWith('ringdown/'))
        .map(({ id, ...body }) => itemOf({ id, body }, body.enabled)),
    );
    if (data.length === 0 || page * PER_PAGE >= total) return items;
  }
}

export function itemOf({ body }: { id: string; body: Omit<KibanaRule['body'], 'enabled'> }, enabled: boolean): Item {
  const { esqlQuery, timeWindowSize, timeWindowUnit, groupBy, threshold, thresholdComparator } = body.params as {
    esqlQuery?: { esql: string };
  } & Record<string, unknown>;
  return {
    id: `rule ${body.name}`,
    content: {
      query: esqlQuery?.esql ?? '',
      window: `${timeWindowSize}${timeWindowUnit}`,
      condition: `${thresholdComparator} ${threshold}, by ${groupBy}`,
      interval: body.schedule.interval,
      active_after: `${body.alert_delay?.active ?? 1} runs`,
      actions: JSON.stringify(body.actions.map(({ id, group, params }) => [group, id, params.body])),
      tags: [...body.tags].sort().join(', '),
      enabled: String(enabled),
    },
  };
}
