import type { StageWord } from '../../incidents/people.ts';
import { dependency } from './dependency.ts';
import { inhibit } from './inhibit.ts';
import { maintenance } from './maintenance.ts';
import { quietHours } from './quiet-hours.ts';
import { silence } from './silence.ts';
import type { HoldingStage } from './stage.ts';

/** Stages that may hold an open incident back, in the order in which they are asked: the first one's reason is shown. */
export const HOLDING: readonly HoldingStage[] = [inhibit, dependency, silence, maintenance, quietHours];

/**
 * The chain from an observation to a phone, in its order. What a stage says of an incident is kept for `explain`;
 * what the last one, `record`, has to say is the timeline.
 */
export const CHAIN: readonly StageWord['stage'][] = [
  'evaluate',
  'group',
  ...HOLDING.map(({ name }) => name),
  'escalate',
  'deliver',
];
