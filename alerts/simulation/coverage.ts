import type { Policy } from '../policies/policy.ts';
import { type PolicyPart, partsOf } from './parts.ts';

export interface Coverage {
  policy: string;
  total: number;
  /** Parts that fired in no case. */
  missed: readonly PolicyPart[];
}

/** Which parts of each policy fired in at least one case. @param fired keys of parts, of every case */
export function coverageOf(policies: readonly Policy[], fired: Iterable<string>): Coverage[] {
  const seen = new Set(fired);
  return policies.map((policy) => {
    const parts = partsOf(policy);
    return { policy: policy.id, total: parts.length, missed: parts.filter(({ key }) => !seen.has(key)) };
  });
}
