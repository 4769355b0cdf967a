import { useState } from 'react';
import type { Monitor } from '../../../../control/resources.ts';
import { api, encodeKey } from '../api/client.ts';

/** Runs the monitor at once; the result arrives with the live events. */
export function RunNowButton({ monitor }: { monitor: Monitor }) {
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState(false);
  const run = () => {
    setBusy(true);
    setSaid('');
    api(`/api/v1/monitors/${encodeKey(monitor.key)}/run`, { method: 'POST' }).then(
      () => {
        setBusy(false);
        setSaid('Started. Its result will appear below.');
      },
      (problem: Error) => {
        setBusy(false);
        setSaid(problem.message);
      },
    );
  };
  return (
    <div className="run-now">
      <button type="button" className="button" onClick={run} disabled={busy || monitor.running}>
        {monitor.running ? 'Running…' : 'Run now'}
      </button>
      <span className="soft" role="status">
        {said}
      </span>
    </div>
  );
}
