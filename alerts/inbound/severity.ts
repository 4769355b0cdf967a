import type { Priority } from '../incident.ts';

const WORDS: Record<Priority, readonly string[]> = {
  P1: ['p1', '1', 'critical', 'crit', 'fatal', 'emergency', 'page', 'disaster', 'sev1', 'sev-1', 'urgent'],
  P2: ['p2', '2', 'error', 'high', 'major', 'sev2', 'sev-2', 'alert'],
  P3: ['p3', '3', 'warning', 'warn', 'medium', 'average', 'minor', 'moderate', 'sev3', 'sev-3'],
  P4: ['p4', '4', 'info', 'information', 'informational', 'notice', 'low', 'none', 'debug', 'sev4', 'sev-4'],
};
const USUAL = new Map(
  Object.entries(WORDS).flatMap(([priority, words]) => words.map((word) => [word, priority as Priority] as const)),
);

/**
 * How urgent a sender's severity is, in any case of letters.
 * @param own the source's `severities`, which stand over the usual words
 * @returns null for a word that nobody knows: the policy's priority
 */
export function priorityOf(severity: string | null, own: Readonly<Record<string, Priority>> = {}): Priority | null {
  if (severity === null) return null;
  const word = severity.toLowerCase();
  const written = Object.entries(own).find(([name]) => name.toLowerCase() === word);
  return written?.[1] ?? USUAL.get(word) ?? null;
}
