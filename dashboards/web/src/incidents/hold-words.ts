import type { Hold, Incident } from '../../../../control/resources.ts';

const STAGES: Record<Hold['stage'], string> = {
  inhibit: 'Held back by another incident',
  dependency: 'Held back by what it depends on',
  silence: 'Silenced',
  maintenance: 'In maintenance',
  quiet_hours: 'Quiet hours',
};

/** What holds it, in a word or two: `Silenced`. */
export function holdTitle(stage: Hold['stage']): string {
  return STAGES[stage];
}

/** `kim: deploying` of `silenced by kim until 14:00 UTC: deploying`: the time is shown in the reader's own zone. */
export function holdReason({ stage, reason }: Hold): string {
  if (stage === 'silence') return reason.replace(/^silenced (by .+?) until (?:\d{4}-\d\d-\d\d )?\d\d:\d\d UTC/s, '$1');
  if (stage === 'maintenance')
    return reason.replace(/^maintenance (".*") until (?:\d{4}-\d\d-\d\d )?\d\d:\d\d UTC$/s, '$1');
  if (stage === 'quiet_hours') return reason.replace(/^quiet hours (of P\d).*$/s, '$1');
  return reason.replace(/^inhibited by: /, '');
}

/** What opened it, where that was no scenario. */
export function sourceWords({ source, labels }: Pick<Incident, 'source' | 'labels'>): string | null {
  if (source === 'rule') return labels.rule ? `rule ${labels.rule}` : 'a rule';
  if (source === 'inbound') return labels.source ? `alert of ${labels.source}` : 'alert of another system';
  return null;
}
