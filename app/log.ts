import pc from 'picocolors';
import pino, { type Logger } from 'pino';
import { terminal } from './terminal.ts';
import { version } from './version.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** For a service manager: one JSON object a line, with the field names of the Elastic Common Schema. */
export function jsonLog(level: LogLevel): Logger {
  return pino(ecs(level), pino.destination(2));
}

/** For a person at a terminal: what is a warning or worse, in a line. */
export function humanLog(): Logger {
  return pino(ecs('warn'), {
    write(text: string) {
      const entry = JSON.parse(text) as LogEntry;
      const colour = entry['log.level'] === 'warn' ? pc.yellow : pc.red;
      terminal.err(`${colour(entry['log.level'])} ${humanLine(entry)}`);
    },
  });
}

export interface LogEntry {
  message?: string;
  'log.level': string;
  error?: { message?: string };
  [field: string]: unknown;
}

/** On every line, and nothing that a person at a terminal asks for. */
const EVERYWHERE = new Set([
  'message',
  'log.level',
  'error',
  '@timestamp',
  'process.pid',
  'service.name',
  'service.version',
]);

/** What happened, why, and what to: `a request was refused: wrong token (source grafana)`. */
export function humanLine(entry: LogEntry): string {
  const why = entry.error?.message ?? (typeof entry.reason === 'string' ? entry.reason : undefined);
  const of = Object.entries(entry).filter(
    ([field, value]) =>
      !EVERYWHERE.has(field) && value !== why && ['string', 'number', 'boolean'].includes(typeof value),
  );
  const names = of.map(([field, value]) => `${field} ${value}`).join(', ');
  return `${entry.message ?? ''}${why ? `: ${why}` : ''}${names ? ` (${names})` : ''}`;
}

export function ecs(level: LogLevel): pino.LoggerOptions {
  return {
    level,
    base: { 'service.name': 'ringdown', 'service.version': version, 'process.pid': process.pid },
    messageKey: 'message',
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label) => ({ 'log.level': label }),
      log({ err, ...fields }) {
        return err === undefined ? fields : { ...fields, error: describe(err) };
      },
    },
  };
}

function describe(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const code = (thrown as NodeJS.ErrnoException).code;
  return { type: thrown.name, message: thrown.message, stack_trace: thrown.stack, ...(code ? { code } : {}) };
}
