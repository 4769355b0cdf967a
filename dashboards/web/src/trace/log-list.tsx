import { useState } from 'react';
import { Link } from 'wouter';
import type { LogRow } from '../../../../control/resources.ts';
import { plural } from '../time/words.ts';
import { AttributeList, ExceptionView } from './evidence.tsx';
import './log-list.css';

/** Log records in the order given; a record's attributes open. */
export function LogList({ logs, linkTraces = false }: { logs: LogRow[]; linkTraces?: boolean }) {
  return (
    <ol className="log-list">
      {logs.map((log, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: equal records at one time are told apart by their place
        <LogRecord key={`${log.time} ${index}`} log={log} linkTrace={linkTraces} />
      ))}
    </ol>
  );
}

function LogRecord({ log, linkTrace }: { log: LogRow; linkTrace: boolean }) {
  const [open, setOpen] = useState(false);
  const [stack, setStack] = useState(false);
  const fields = Object.keys(log.attributes).length;
  // Loggers put the exception's message into the record: said once is enough.
  const repeated = log.exception !== null && log.exception.message === log.message;
  return (
    <li className="log" data-level={log.level}>
      <div className="log-line">
        <time className="log-time mono" dateTime={log.time} title={log.time}>
          {clockOf(log.time)}
        </time>
        <span className="log-level mono">{log.level}</span>
        <span className="log-message mono">
          {repeated && log.exception?.type && `${log.exception.type}: `}
          {log.message}
        </span>
        <span className="log-tools">
          {linkTrace && <span className="faint">{log.service}</span>}
          {linkTrace && log.trace_id && <Link href={`/traces/${log.trace_id}`}>trace</Link>}
          {repeated && log.exception?.stacktrace && (
            <button type="button" className="link-button" aria-expanded={stack} onClick={() => setStack(!stack)}>
              stack
            </button>
          )}
          {fields > 0 && (
            <button type="button" className="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {plural(fields, 'field')}
            </button>
          )}
        </span>
      </div>
      {log.exception && !repeated && <ExceptionView exception={log.exception} />}
      {stack && <pre className="log-stack">{log.exception?.stacktrace}</pre>}
      {open && <AttributeList title="Fields" attributes={log.attributes} />}
    </li>
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
