import { Type } from 'typebox';
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from '../../../core/units.ts';
import type { BackendSettings } from '../../exporter.ts';
import { refuseIfWrong, unknownKeys } from '../../refuse-settings.ts';
import { backendSettings } from '../settings-schema.ts';

const Size = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: SIZE_PATTERN,
      'x-expected': 'a size such as 500MB or 5GB',
      description,
      examples: [example],
    }),
  );

export const schema = backendSettings(
  'embedded',
  {
    retention: Type.Optional(
      Type.String({
        pattern: DURATION_PATTERN,
        'x-expected': 'a duration such as 30s, 5m or 7d',
        description: 'Older telemetry is deleted.',
        examples: ['7d'],
      }),
    ),
    max_size: Size('The oldest telemetry goes when the store grows past it.', '5GB'),
    memory_limit: Size('What DuckDB may use for buffers per open file.', '256MiB'),
  },
  'DuckDB files in the data directory.',
);

export interface EmbeddedConfig {
  dataDir: string;
  /** Age after which telemetry is deleted, in milliseconds since its receipt. */
  retentionMs: number;
  /** Size of all files together; the oldest go first. */
  maxSizeBytes: number;
  /** What DuckDB may use for buffers per open file. The process needs more: see README. */
  memoryLimitBytes: number;
}

/**
 * Reads `retention` (a duration, 7d), `max_size` (a size, 5GB) and `memory_limit` (a size, 256MiB).
 * @throws RingdownError `INVALID_BACKEND` (exit code 2) that lists everything wrong at once
 */
export function readConfig(settings: BackendSettings): EmbeddedConfig {
  const wrong: string[] = [];
  const quantity = (key: string, fallback: string, parse: (text: string) => number | undefined, least: number) => {
    const value = settings[key] ?? fallback;
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed === undefined) wrong.push(`${key}: ${JSON.stringify(value)} is not like "${fallback}"`);
    else if (parsed < least) wrong.push(`${key}: ${JSON.stringify(value)} is too small`);
    return parsed ?? 0;
  };
  const config = {
    dataDir: settings.dataDir,
    retentionMs: quantity('retention', '7d', parseDuration, 60_000),
    maxSizeBytes: quantity('max_size', '5GB', parseSize, 10e6),
    memoryLimitBytes: quantity('memory_limit', '256MiB', parseSize, 64e6),
  };
  wrong.push(...unknownKeys(schema, settings));
  refuseIfWrong('backend', settings.name, wrong);
  return config;
}
