import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Policy } from '../../alerts/policies/policy.ts';
import type { Setup } from '../setup.ts';
import { count } from '../terminal.ts';

/** What stands in each file, as a digest, by its path from here; those that cannot be read are not among them. */
export type Contents = ReadonlyMap<string, string>;

/** More files than these are counted. */
const FILES_NAMED = 3;

export function contentsOf(files: readonly string[]): Contents {
  const found = new Map<string, string>();
  for (const file of files) {
    try {
      found.set(relative('', file), createHash('sha256').update(readFileSync(file)).digest('hex'));
    } catch {
      // A file that is not there is told of by whoever needs it; here it counts as gone.
    }
  }
  return found;
}

/**
 * What is said at the terminal when files were read again: which ones are other than before, and what is watched now.
 * @returns null when they are as they were: a file that was merely touched is not worth a word
 */
export function reloadWords(
  before: Contents,
  after: Contents,
  now: { scenarios: Setup['scenarios']; policies: readonly Pick<Policy, 'rules'>[] },
): string | null {
  const parts = [
    named(
      'changed',
      [...after.keys()].filter((file) => before.has(file) && before.get(file) !== after.get(file)),
    ),
    named(
      'new',
      [...after.keys()].filter((file) => !before.has(file)),
    ),
    named(
      'gone',
      [...before.keys()].filter((file) => !after.has(file)),
    ),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `${parts.join('; ')} – now ${totals(now)}`;
}

/** How many of what there are: `12 scenarios, 3 policies with 7 rules`. */
export function totals({ scenarios, policies }: Parameters<typeof reloadWords>[2]): string {
  const rules = policies.reduce((sum, policy) => sum + policy.rules.length, 0);
  const ruled = policies.length === 0 ? '' : ` with ${count(rules, 'rule')}`;
  return `${count(scenarios.length, 'scenario')}, ${count(policies.length, 'policy', 'policies')}${ruled}`;
}

function named(what: string, files: readonly string[]): string | null {
  if (files.length === 0) return null;
  const more = files.length - FILES_NAMED;
  return `${what}: ${files.slice(0, FILES_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
