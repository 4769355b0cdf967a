import { type Limit, limitIn } from '../rules/limit.ts';
import { CannotExpress } from './compiler.ts';

/** How many of the smaller unit make one of the larger; 1 where a target keeps the sender's unit. */
const MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/**
 * A limit as a number in the target's unit.
 * @param own UCUM unit of the values in Ringdown, in which a bare number is written
 * @param target unit of the values in the target, when it differs
 * @throws CannotExpress where the two cannot be compared
 */
export function limitNumber(limit: Limit, own: string, target: string, path: readonly (string | number)[]): number {
  if (limit.unit === null && own !== target) {
    const [from, to] = [MS[own], MS[target]];
    if (from !== undefined && to !== undefined) return exact((limit.value * from) / to);
  }
  const value = limitIn(limit, target === 'share' ? '1' : target);
  if (value === null) {
    throw new CannotExpress(
      path,
      `${limit.written} cannot be compared with values in ${target || 'an unknown unit'}`,
      'tell the unit of the metric with --metrics',
    );
  }
  return exact(value);
}

/** Without what division by powers of ten leaves in the last digits. */
export function exact(value: number): number {
  return Number(value.toPrecision(12));
}

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const OPPOSITES = { gt: '<=', gte: '<', lt: '>=', lte: '>' } as const;

/** As most languages write it. */
export function operator({ operator: name }: Limit): '>' | '>=' | '<' | '<=' {
  return OPERATORS[name];
}

/** What holds when the limit does not. */
export function opposite({ operator: name }: Limit): '>' | '>=' | '<' | '<=' {
  return OPPOSITES[name];
}

/** Milliseconds as a duration in one unit, the largest that leaves no rest: `90s`, `5m`, `500ms`. */
export function durationText(ms: number): string {
  const rounded = Math.max(1, Math.round(ms));
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const) {
    if (rounded % size === 0) return `${rounded / size}${unit}`;
  }
  return `${rounded}ms`;
}
