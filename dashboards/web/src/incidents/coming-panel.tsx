import type { IncidentDetail } from '../../../../control/resources.ts';
import { ComingSteps } from '../parts/coming-steps.tsx';
import { Panel } from '../parts/page-parts.tsx';

/** Who is called next if nobody takes it; nothing once somebody has. */
export function ComingPanel({ incident: { state, coming } }: { incident: IncidentDetail }) {
  if (state !== 'triggered') return null;
  return (
    <Panel title="Who is told if nobody acknowledges it" id="coming">
      {coming.length > 0 ? (
        <ComingSteps steps={coming} supposed={false} />
      ) : (
        <p className="soft">Nobody else: every step of its policy has been carried out.</p>
      )}
    </Panel>
  );
}
