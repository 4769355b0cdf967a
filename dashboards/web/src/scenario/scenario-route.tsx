import { lazy, Suspense } from 'react';
import type { Monitor, ScenarioText } from '../../../../control/resources.ts';
import { encodeKey } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { DrawFault } from '../parts/draw-fault.tsx';
import { Loading, MissingPage, PageTitle } from '../parts/page-parts.tsx';

// The editor is as large as the rest of the UI, and only who edits needs it.
const ScenarioEditor = lazy(() => import('./scenario-page.tsx'));

/** `/monitors/{key}/scenario`: the file behind a monitor. */
export function ScenarioPage({ monitorKey }: { monitorKey: string }) {
  const live = useLive((state) => state.monitors?.get(monitorKey) ?? null);
  const monitor = useResource<Monitor>(live ? null : `/api/v1/monitors/${encodeKey(monitorKey)}`);
  const { id, environment } = live ?? monitor.data ?? {};
  const path = id ? `/api/v1/scenarios/${encodeURIComponent(id)}` : null;
  const file = useResource<ScenarioText>(path);
  const problem = monitor.problem ?? file.problem;
  if (problem && !file.data)
    return (
      <MissingPage
        title={`Scenario of ${monitorKey}`}
        problem={problem}
        retry={monitor.problem ? monitor.reload : file.reload}
      />
    );
  return (
    <div className="page">
      <PageTitle>{`Scenario of ${monitorKey}`}</PageTitle>
      {path && environment && file.data && !file.loading ? (
        <DrawFault what="The editor">
          <Suspense fallback={<Loading what="the editor" />}>
            <ScenarioEditor key={path} path={path} file={file.data} monitorKey={monitorKey} environment={environment} />
          </Suspense>
        </DrawFault>
      ) : (
        <Loading what="the scenario file" />
      )}
    </div>
  );
}
