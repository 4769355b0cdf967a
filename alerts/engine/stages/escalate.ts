import { channelsOnly, type Recipient } from '../../on-call/targets.ts';
import { ALL_CHANNELS, type EscalationStep, type Policy } from '../../policies/policy.ts';
import { hasAll } from '../../silences/matching.ts';
import type { Surroundings } from '../draft.ts';
import type { TrackedIncident } from '../state.ts';

/** The steps that an incident with these labels takes: those of the first route that fits, or the policy's own. */
export function escalationFor(policy: Policy, labels: Readonly<Record<string, string>>): readonly EscalationStep[] {
  return policy.routes.find(({ match }) => hasAll(match, labels))?.escalation ?? policy.escalation;
}

export interface Called {
  recipients: readonly Recipient[];
  /** Targets that came to nobody: nobody is on call, or the channel is gone. */
  nobody: readonly string[];
  /** Nobody at all was left, so it is everyone: nothing is silent by omission. */
  everyone: boolean;
}

/** Whom a step calls now, each channel once for each delay. */
export function calledBy(step: EscalationStep, row: TrackedIncident, around: Surroundings): Called {
  const resolve = around.resolveTarget ?? channelsOnly;
  const known = new Set(around.channels.map(({ name }) => name));
  const all = [...known].map((channel): Recipient => ({ channel, delay_ms: 0, user: null }));
  const found = new Map<string, Recipient>();
  const nobody: string[] = [];
  for (const target of step.notify) {
    const recipients =
      target === ALL_CHANNELS
        ? all
        : resolve(target, row.incident.priority, around.now).filter(({ channel }) => known.has(channel));
    if (recipients.length === 0) nobody.push(target);
    for (const recipient of recipients) {
      const key = JSON.stringify([recipient.channel, recipient.delay_ms]);
      if (!found.has(key)) found.set(key, recipient);
    }
  }
  if (found.size > 0) return { recipients: [...found.values()], nobody, everyone: false };
  return { recipients: all, nobody, everyone: true };
}
