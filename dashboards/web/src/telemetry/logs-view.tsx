import { useDeferredValue, useEffect, useState } from 'react';
import type { List, LogRow } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, Loading, LoadProblem } from '../parts/page-parts.tsx';
import { LogList } from '../trace/log-list.tsx';
import type { TimeWindow } from './time-window.ts';

const LEVELS: LogRow['level'][] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const PAGE_SIZE = 100;
const TYPING_PAUSE_MS = 250;

/** Logs of every service, newest first, by level and text. */
export function LogsView({ range }: { range: TimeWindow }) {
  const [level, setLevel] = useState('');
  const [text, setText] = useState('');
  const asked = useSettled(text.trim());
  const { from, to } = range;
  const logs = useResource<List<LogRow>>(
    `/api/v1/telemetry/logs${query({ from, to, level, text: asked, limit: PAGE_SIZE })}`,
  );
  // While the next answer is on its way the old one stays, instead of a page that blinks at every key.
  const previous = useDeferredValue(logs.data);
  const items = (logs.data ?? previous)?.items;
  return (
    <section className="panel" aria-label="Logs">
      <search className="section-head">
        <input
          data-filter
          className="field log-search"
          type="search"
          placeholder="Text in message or exception…"
          aria-label="Text in message or exception"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <select className="field" aria-label="Level" value={level} onChange={(event) => setLevel(event.target.value)}>
          <option value="">every level</option>
          {LEVELS.slice(1).map((one) => (
            <option key={one} value={one}>
              {one === 'fatal' ? 'fatal' : `${one} and worse`}
            </option>
          ))}
        </select>
      </search>
      {logs.problem && <LoadProblem problem={logs.problem} retry={logs.reload} />}
      {!items && logs.loading && <Loading what="logs" />}
      {items?.length === 0 && (
        <Empty title="No such log record in this range">
          Log records that a service sends over OTLP, with the trace they belong to, are found here.
        </Empty>
      )}
      {items && items.length > 0 && (
        <div className="section-body">
          <LogList logs={items} linkTraces />
          {logs.data?.next_cursor && (
            <p className="faint">The newest {PAGE_SIZE} are shown. Narrow the search for older ones.</p>
          )}
        </div>
      )}
    </section>
  );
}

/** The value once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
