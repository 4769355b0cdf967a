import { type TProperties, Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import type { Component } from '../../core/component.ts';
import type { BackendSettings, SpoolRecord } from '../exporter.ts';

/** Settings of one source, from `sources:` in ringdown.yaml; `dataDir` is a folder of its own. */
export interface SourceSettings {
  name: string;
  type: string;
  dataDir: string;
  [key: string]: unknown;
}

export interface SourceDeps {
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Resolves when the record is durable in the spool; rejects when it cannot be taken now. */
  append(record: Omit<SpoolRecord, 'position'>): Promise<void>;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

export interface SourceStatus {
  name: string;
  type: string;
  healthy: boolean;
  last_error: string | null;
  /** Log records handed on since the start. */
  received: number;
  /** RFC 3339: everything up to here was fetched; null before the first time. */
  fetched_up_to: string | null;
}

/**
 * Fetches logs that nobody sends us and appends them to the spool, from where they go to every backend. `start` returns at
 * once: a place that cannot be reached is tried again for ever, with backoff, and told in `status`. Each record is handed on at
 * least once: again only when the process ends between the spool's write and the source's own.
 */
export interface Source extends Component {
  status(): SourceStatus;
}

/** What the index of a folder under `monitoring/sources/` exports as `source`; its `config.ts` exports `schema` and `loopsWith`. */
export interface SourceKind {
  type: string;
  /** @throws RingdownError `INVALID_SOURCE` (exit code 2) */
  create(settings: SourceSettings, deps: SourceDeps): Source;
}

/** Says why a source must not stand beside a backend: it would fetch what that one writes, for ever. */
export type LoopCheck = (source: SourceSettings, backend: BackendSettings) => string | undefined;

/** The entry of a source in ringdown.yaml: what all have, and what this one has besides. */
export const sourceSettings = <Own extends TProperties>(type: string, own: Own, description: string) =>
  Type.Object(
    {
      name: Type.String({
        pattern: '^[a-z0-9-]+$',
        'x-expected': 'lower-case letters, digits and hyphens',
        description: 'Permanent: its place in what it reads is kept under it.',
        examples: [type],
      }),
      type: Type.Literal(type, { description }),
      ...own,
    },
    { additionalProperties: false },
  );
