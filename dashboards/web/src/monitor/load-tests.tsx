import type { List, RunSummary } from '../../../../control/resources.ts';
import { encodeKey, query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Panel } from '../parts/page-parts.tsx';
import { RunTable } from './run-table.tsx';

const SHOWN = 10;

/** The last load tests of the scenario, where there have been any. */
export function LoadTests({ monitorKey }: { monitorKey: string }) {
  const page = useResource<List<RunSummary>>(
    `/api/v1/monitors/${encodeKey(monitorKey)}/load-tests${query({ limit: SHOWN })}`,
  );
  const runs = page.data?.items ?? [];
  if (runs.length === 0) return null;
  return (
    <Panel title="Load tests" id="load-tests" padded={false}>
      <RunTable runs={runs} attempts={false} />
    </Panel>
  );
}
