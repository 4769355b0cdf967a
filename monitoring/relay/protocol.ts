import { RingdownError, toError } from '../../core/errors.ts';
import type { Question, TimeRange } from '../reader.ts';
import type { Ports } from './receivers/index.ts';
import type { RelaySettings } from './settings.ts';

/** What watcher and relay say to each other over the process channel. */
export type ToRelay =
  | { say: 'start'; settings: RelaySettings }
  | { say: 'ask'; id: number; backend: string | undefined; question: Question; window: TimeRange }
  | { say: 'dead_letters'; id: number; backend: string; limit: number }
  | { say: 'replay'; id: number; backend: string; ids: string[] | undefined }
  | { say: 'status'; id: number }
  | { say: 'cancel'; id: number }
  | { say: 'shutdown'; graceMs: number };

export type FromRelay =
  | ({ say: 'ready' } & Ports)
  | { say: 'failed'; error: PlainError }
  | { say: 'answer'; id: number; value: unknown }
  | { say: 'refusal'; id: number; error: PlainError }
  | { say: 'alive'; rssBytes: number }
  | { say: 'log'; level: 'info' | 'warn' | 'error'; message: string };

export interface PlainError {
  code: string | undefined;
  message: string;
  hint: string | undefined;
  exitCode: number | undefined;
}

export function toPlainError(thrown: unknown): PlainError {
  const error = toError(thrown);
  const known = error instanceof RingdownError ? error : undefined;
  return { code: known?.code, message: error.message, hint: known?.hint, exitCode: known?.exitCode };
}

export function fromPlainError({ code, message, hint, exitCode }: PlainError): Error {
  if (code === undefined) return new Error(message);
  return new RingdownError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(exitCode === undefined ? {} : { exitCode }),
  });
}
