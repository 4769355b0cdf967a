import type { BackendSettings } from '../exporter.ts';
import type { SourceSettings } from '../sources/source.ts';

export interface RelaySettings {
  /** Holds `spool/`, `cursors/`, `dead-letters/` and the lock. One relay at a time. */
  dataDir: string;
  /** Of all listeners. Any other than loopback needs `otlpToken`; StatsD knows no token. */
  host: string;
  /** 0 means any free port; a restart keeps the one it got. */
  otlpPort: number;
  /** Absent means no OTLP over gRPC. */
  otlpGrpcPort?: number;
  /** Of UDP and TCP alike. */
  statsdPort: number;
  /** Path of a unix stream socket that takes StatsD as well. */
  statsdSocket?: string;
  /** Distinct tag sets of one metric within an hour; what comes on top shares one. Default 2,000. */
  maxTagSets?: number;
  otlpToken?: string;
  /** Of one OTLP body, uncompressed. Default 8 MiB. */
  maxBodyBytes?: number;
  /** Of the spool on disk. When full, the oldest segment goes. Default 1 GiB, at least 4 × maxBodyBytes. */
  spoolMaxBytes?: number;
  /** Of the whole process, native memory included. Default 1 GiB. */
  memoryLimitBytes?: number;
  /** How long one export may take. Default 30 s. */
  exportTimeoutMs?: number;
  backends: BackendSettings[];
  /** Logs that are fetched; they go to every backend. */
  sources?: SourceSettings[];
}

type Optional = 'otlpToken' | 'otlpGrpcPort' | 'statsdSocket';
export type CompleteSettings = Required<Omit<RelaySettings, Optional>> & {
  [Key in Optional]: RelaySettings[Key] | undefined;
};

export function withDefaults(settings: RelaySettings): CompleteSettings {
  const maxBodyBytes = settings.maxBodyBytes ?? 8 * 2 ** 20;
  return {
    ...settings,
    otlpToken: settings.otlpToken,
    otlpGrpcPort: settings.otlpGrpcPort,
    statsdSocket: settings.statsdSocket,
    maxTagSets: settings.maxTagSets ?? 2_000,
    sources: settings.sources ?? [],
    maxBodyBytes,
    spoolMaxBytes: Math.max(settings.spoolMaxBytes ?? 2 ** 30, 4 * maxBodyBytes),
    memoryLimitBytes: settings.memoryLimitBytes ?? 2 ** 30,
    exportTimeoutMs: settings.exportTimeoutMs ?? 30_000,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
