import { Link } from 'wouter';
import type { LogRow } from '../../../../control/resources.ts';
import { AttributeList, ExceptionView } from './evidence.tsx';
import './log-list.css';

/** Log records in the order given; a record's attributes open. */
export function LogList({ logs, linkTraces = false }: { logs: LogRow[]; linkTraces?: boolean }) {
  return (
    <ol className="log-list">
      {logs.map((log, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: equal records at one time are told apart by their place
        <li key={`${log.time} ${index}`} className="log" data-level={log.level}>
          <div className="log-line">
            <time className="log-time mono" dateTime={log.time} title={log.time}>
              {clockOf(log.time)}
            </time>
            <span className="log-level mono">{log.level}</span>
            <span className="log-message mono">{log.message}</span>
            {linkTraces && (
              <span className="log-origin">
                <span className="faint">{log.service}</span>
                {log.trace_id && <Link href={`/traces/${log.trace_id}`}>trace</Link>}
              </span>
            )}
          </div>
          {log.exception && <ExceptionView exception={log.exception} />}
          {Object.keys(log.attributes).length > 0 && (
            <details className="log-attributes">
              <summary>
                {Object.keys(log.attributes).length} {Object.keys(log.attributes).length === 1 ? 'field' : 'fields'}
              </summary>
              <AttributeList title="Fields" attributes={log.attributes} />
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}

/** `14:03:09.120` in the reader's zone. */
function clockOf(time: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).format(Date.parse(time));
}
