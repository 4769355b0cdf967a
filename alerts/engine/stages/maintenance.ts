import { windowAt } from '../../silences/windows.ts';
import { concerns } from './silence.ts';
import { type Held, type HoldingStage, shownUntil } from './stage.ts';

export const maintenance: HoldingStage = {
  name: 'maintenance',
  timed: true,
  passes: 'no maintenance window holds',
  hold(row, draft) {
    let longest: (Held & { until: string }) | null = null;
    for (const window of draft.windows()) {
      if (!concerns(window.matchers, row.incident.labels, draft.waitingFor(row))) continue;
      const stretch = windowAt(window, draft.now);
      if (!stretch) continue;
      const until = new Date(stretch.until).toISOString();
      if (longest && until <= longest.until) continue;
      longest = { reason: `maintenance "${window.name}" until ${shownUntil(stretch.until, draft.now)}`, until };
    }
    return longest;
  },
};
