import { createConsoleReporter } from './console/index.ts';
import { createJsonReporter } from './json/index.ts';
import { createJunitReporter } from './junit/index.ts';
import type { CreateReporter } from './reporter.ts';

export type { CreateReporter, Reporter, ReporterOptions, Totals } from './reporter.ts';

/** By the names that `--reporter` takes. */
export const reporters = {
  console: createConsoleReporter,
  junit: createJunitReporter,
  json: createJsonReporter,
} as const satisfies Record<string, CreateReporter>;

export type ReporterName = keyof typeof reporters;
