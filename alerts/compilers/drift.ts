import type { Item } from './compiler.ts';

/** A difference between what the policies say and what is deployed. */
export interface Drift {
  id: string;
  kind: 'missing' | 'changed' | 'unknown';
  /** Of `changed`. */
  aspects: readonly { aspect: string; wanted: string | null; found: string | null }[];
}

/** @param found what is there of Ringdown's, nothing of others' */
export function driftBetween(wanted: readonly Item[], found: readonly Item[]): Drift[] {
  const there = new Map(found.map((item) => [item.id, item]));
  const known = new Set(wanted.map(({ id }) => id));
  const drifts = wanted.flatMap((item): Drift[] => {
    const deployed = there.get(item.id);
    if (!deployed) return [{ id: item.id, kind: 'missing', aspects: [] }];
    const names = [...new Set([...Object.keys(item.content), ...Object.keys(deployed.content)])];
    const aspects = names
      .map((aspect) => ({ aspect, wanted: item.content[aspect] ?? null, found: deployed.content[aspect] ?? null }))
      .filter((one) => one.wanted !== one.found);
    return aspects.length > 0 ? [{ id: item.id, kind: 'changed', aspects }] : [];
  });
  const left = found.filter(({ id }) => !known.has(id)).map(({ id }): Drift => ({ id, kind: 'unknown', aspects: [] }));
  return [...drifts, ...left];
}
