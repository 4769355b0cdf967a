import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricType } from './encode/measured.ts';

export interface MetricKind {
  unit: string;
  type: MetricType;
}

const MOST_NAMES = 10_000;

/**
 * Unit and type of the metrics that were sent, which CloudWatch does not tell. Kept in a file beside the cursor: what it
 * does not know is told as a number without them, so losing it costs words and no data.
 */
export class MetricCatalog {
  readonly #path: string;
  readonly #kinds: Map<string, MetricKind>;
  #changed = false;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'metrics.json');
    this.#kinds = read(this.#path);
  }

  learn(name: string, unit: string, type: MetricType): void {
    const known = this.#kinds.get(name);
    if (known?.unit === unit && known.type === type) return;
    if (!known && this.#kinds.size >= MOST_NAMES) return;
    this.#kinds.set(name, { unit, type });
    this.#changed = true;
  }

  get(name: string): MetricKind | undefined {
    return this.#kinds.get(name);
  }

  /** Writes what was learnt. @returns why it could not */
  save(): Error | undefined {
    if (!this.#changed) return undefined;
    try {
      mkdirSync(join(this.#path, '..'), { recursive: true });
      writeFileSync(`${this.#path}.new`, JSON.stringify(Object.fromEntries(this.#kinds)));
      renameSync(`${this.#path}.new`, this.#path);
      this.#changed = false;
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }
}

function read(path: string): Map<string, MetricKind> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, MetricKind>));
  } catch {
    // Not there yet, or damaged: it fills again with what comes.
    return new Map();
  }
}
