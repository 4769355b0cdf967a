import type { List, ListedSilence, PlannedMaintenance } from '../../../../control/resources.ts';
import { useRefresh } from '../api/use-refresh.ts';
import { useResource } from '../api/use-resource.ts';
import { NameField, useName } from '../parts/name-field.tsx';
import { Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { plural } from '../time/words.ts';
import { MaintenanceList } from './maintenance-list.tsx';
import { SilenceForm } from './silence-form.tsx';
import { SilenceList } from './silence-list.tsx';
import './silences.css';

const REFRESH_MS = 10_000;

/** What is quiet, until when, and why; planned and at once. */
export function SilencesPage() {
  const name = useName();
  const silences = useResource<List<ListedSilence>>('/api/v1/silences');
  const windows = useResource<List<PlannedMaintenance>>('/api/v1/maintenance-windows');
  useRefresh(silences.reload, REFRESH_MS);
  useRefresh(windows.reload, REFRESH_MS);

  const standing =
    (silences.data?.items.filter(({ state }) => state === 'standing').length ?? 0) +
    (windows.data?.items.filter((window) => window.standing).length ?? 0);
  return (
    <div className="page">
      <PageTitle>Silences</PageTitle>
      <div className="page-head">
        <div className="page-head-row">
          <h1>{standing === 0 ? 'Nothing is silenced now' : `${plural(standing, 'silence')} now`}</h1>
          <span className="named">
            You are <NameField name={name} />
          </span>
        </div>
        <p className="soft">
          Incidents open and are shown all the same; nobody is told while a silence or a maintenance window stands. What
          is still open at its end rings then.
        </p>
      </div>
      <SilenceForm name={name} onMade={silences.reload} />
      {silences.problem && <LoadProblem problem={silences.problem} retry={silences.reload} />}
      {!silences.data && silences.loading && <Loading what="silences" />}
      {silences.data && <SilenceList silences={silences.data.items} name={name} onEnded={silences.reload} />}
      {windows.problem && <LoadProblem problem={windows.problem} retry={windows.reload} />}
      {windows.data && <MaintenanceList windows={windows.data.items} name={name} onChange={windows.reload} />}
    </div>
  );
}
