import type { ReplayOutcome } from '../../../../control/resources.ts';
import { plural } from '../time/words.ts';

/** What came of a replay, in one sentence. */
export function outcomeWords({ replayed, delivered, rejected, filtered, waiting }: ReplayOutcome): string {
  const parts = [
    `${plural(delivered, 'item')} delivered`,
    ...(rejected > 0 ? [`${plural(rejected, 'item')} refused again`] : []),
    ...(filtered > 0 ? [`${plural(filtered, 'item')} left out by the filter`] : []),
    ...(waiting > 0 ? [`${plural(waiting, 'item')} not taken now`] : []),
  ];
  return `${plural(replayed, 'record')} handed over: ${parts.join(', ')}.`;
}
