import { useEffect, useState } from 'react';
import type { List, RunStatus, RunSummary } from '../../../../control/resources.ts';
import { encodeKey, query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { Choices } from '../parts/choices.tsx';
import { Empty, Loading, LoadProblem, Panel } from '../parts/page-parts.tsx';
import { Pager } from '../parts/pager.tsx';
import { RunTable } from './run-table.tsx';

const PAGE_SIZE = 25;
const FILTERS: { value: RunStatus | null; label: string }[] = [
  { value: null, label: 'All' },
  { value: 'passed', label: 'Passed' },
  { value: 'failed', label: 'Failed' },
  { value: 'error', label: 'Error' },
];

/** A monitor's runs, newest first, page by page. Only the first page follows what happens now. */
export function RunList({ monitorKey }: { monitorKey: string }) {
  const [status, setStatus] = useState<RunStatus | null>(null);
  // Cursors of the pages before this one; the first page has none.
  const [trail, setTrail] = useState<string[]>([]);
  const cursor = trail.at(-1) ?? null;
  const page = useResource<List<RunSummary>>(
    `/api/v1/monitors/${encodeKey(monitorKey)}/runs${query({ limit: PAGE_SIZE, status, cursor })}`,
  );
  const latest = useLive((state) => (state.latest_run?.monitor === monitorKey ? state.latest_run.id : null));
  const { reload } = page;
  useEffect(() => {
    if (cursor === null && latest !== null) reload();
  }, [latest, cursor, reload]);

  const choose = (next: RunStatus | null) => {
    setTrail([]);
    setStatus(next);
  };

  return (
    <Panel
      title="Runs"
      id="runs"
      padded={false}
      aside={<Choices label="Filter runs by status" options={FILTERS} value={status} onChange={choose} />}
    >
      {page.problem && <LoadProblem problem={page.problem} retry={page.reload} />}
      {!page.data && page.loading && <Loading what="runs" />}
      {page.data?.items.length === 0 && (
        <Empty title={status ? `No run ended as ${status}` : 'No run yet'}>
          {status ? 'Runs that do will be listed here.' : 'Runs are listed here as they end.'}
        </Empty>
      )}
      {page.data && page.data.items.length > 0 && <RunTable runs={page.data.items} />}
      <Pager trail={trail} next={page.data?.next_cursor ?? null} onTrail={setTrail} />
    </Panel>
  );
}
