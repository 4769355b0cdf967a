import type { NerdGraph } from './nerdgraph.ts';

/**
 * New Relic answers 200 before it has judged what it was sent, and writes later what was wrong with it.
 * @returns a line for each kind of trouble of the last day
 * @see https://docs.newrelic.com/docs/data-apis/manage-data/nrintegrationerror/
 */
export async function describeIntegrationErrors(
  nerdGraph: NerdGraph | undefined,
  abort: AbortSignal,
): Promise<string[]> {
  if (!nerdGraph) {
    return [
      'nothing to make; with user_key and account_id this would show what New Relic found wrong (NrIntegrationError)',
    ];
  }
  const rows = await nerdGraph.ask(
    "SELECT count(*) AS 'count' FROM NrIntegrationError FACET category, message SINCE 1 day ago LIMIT 20",
    abort,
  );
  if (rows.length === 0) return ['New Relic found nothing wrong in the last day (NrIntegrationError)'];
  return rows.map(({ count, facet }) => {
    const [category, message] = Array.isArray(facet) ? facet : [facet, ''];
    return `NrIntegrationError, ${String(count)} times in the last day: ${String(category)}: ${String(message)}`;
  });
}
