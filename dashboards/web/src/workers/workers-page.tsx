import { useState } from 'react';
import type { WorkerList } from '../../../../control/resources.ts';
import { useRefresh } from '../api/use-refresh.ts';
import { useResource } from '../api/use-resource.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Labelled } from '../parts/labelled.tsx';
import { Empty, Loading, LoadProblem, PageTitle, Panel } from '../parts/page-parts.tsx';
import { useSession } from '../shell/session.ts';
import { LocationPanel } from './location-panel.tsx';
import { startCommand, workersWords } from './worker-words.ts';
import './workers.css';

const REFRESH_MS = 5_000;

/** Who runs scenarios elsewhere: location by location, with what is missing and how to start another one. */
export function WorkersPage() {
  const workers = useResource<WorkerList>('/api/v1/workers');
  const { data, reload } = workers;
  useRefresh(reload, REFRESH_MS);

  return (
    <div className="page">
      <PageTitle>Workers</PageTitle>
      <div className="page-head">
        <h1>{data ? workersWords(data.items, data.locations) : 'Workers'}</h1>
        <p className="soft">
          Workers run scenarios from where they stand; the watcher schedules, judges and pages.
          {data && ` The watcher itself stands in ${data.here} and is Ringdown ${data.version}.`} A location that says
          nothing is no failure of the service.
        </p>
      </div>
      {workers.problem && <LoadProblem problem={workers.problem} retry={reload} />}
      {!data && workers.loading && <Loading what="workers" />}
      {data && data.locations.length === 0 && (
        <div className="panel">
          <Empty title="No scenario names another location, and no worker was heard of">
            <code>locations: [seoul, {data.here}]</code> in a scenario file makes it run there and here; the command
            below starts a worker for it.
          </Empty>
        </div>
      )}
      {data?.locations.map((location) => (
        <LocationPanel
          key={location.name}
          location={location}
          workers={data.items.filter((worker) => worker.location === location.name)}
          version={data.version}
        />
      ))}
      {data && <StartPanel suggested={suggested(data)} />}
    </div>
  );
}

/** A location that nobody serves, or the first that there is. */
function suggested({ locations }: WorkerList): string {
  const unserved = locations.find(({ connected, monitors }) => connected === 0 && monitors.length > 0);
  return (unserved ?? locations[0])?.name ?? 'seoul';
}

const NAME = '[a-z0-9][a-z0-9\\-]*';

function StartPanel({ suggested }: { suggested: string }) {
  const { public_url } = useSession();
  const [typed, setTyped] = useState<string | null>(null);
  const location = typed ?? suggested;
  const valid = new RegExp(`^${NAME}$`).test(location);
  const command = startCommand(public_url, valid ? location : 'LOCATION');
  return (
    <Panel title="Start another worker" id="start">
      <div className="form">
        <Labelled label="Location: lower-case letters, digits and hyphens">
          {(id) => (
            <input
              id={id}
              className="field worker-location"
              pattern={NAME}
              maxLength={100}
              autoComplete="off"
              spellCheck={false}
              value={location}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Labelled>
        <div className="start-command">
          <pre>{command}</pre>
          <CopyButton text={command} of="the command" />
        </div>
        <ul className="soft start-notes">
          <li>
            The token: <code>npx ringdown token</code> prints it where the watcher runs.
          </li>
          <li>Secrets that the scenarios name must stand in the worker's own environment: they never travel.</li>
          <li>It asks the watcher at this address and needs no open port of its own.</li>
        </ul>
      </div>
    </Panel>
  );
}
