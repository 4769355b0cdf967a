import type { Priority } from '../incident.ts';

/** P1 is 1, the most urgent. */
export function urgency(priority: Priority): number {
  return Number(priority.slice(1));
}
