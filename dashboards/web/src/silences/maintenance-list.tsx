import { useState } from 'react';
import type { PlannedMaintenance } from '../../../../control/resources.ts';
import { api, query } from '../api/client.ts';
import type { Name } from '../parts/name-field.tsx';
import { Empty, Panel } from '../parts/page-parts.tsx';
import { useAction } from '../parts/use-action.ts';
import { Time } from '../time/times.tsx';
import { spanWords } from '../time/words.ts';
import { MaintenanceForm } from './maintenance-form.tsx';
import { MatcherList } from './matcher-list.tsx';

interface Props {
  windows: PlannedMaintenance[];
  name: Name;
  onChange(): void;
}

/** Planned work, with when it stands next. */
export function MaintenanceList({ windows, name, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel
      title="Maintenance windows"
      id="maintenance"
      padded={false}
      aside={
        <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Cancel' : 'Plan one…'}
        </button>
      }
    >
      {isOpen && (
        <MaintenanceForm
          name={name}
          onPlanned={() => {
            setOpen(false);
            onChange();
          }}
        />
      )}
      {windows.length === 0 ? (
        <Empty title="No maintenance is planned">
          Entries under <code>maintenance_windows:</code> in <code>ringdown.yaml</code>, and windows planned here, stand
          here with their next occurrences.
        </Empty>
      ) : (
        <ul>
          {windows.map((window) => (
            <WindowRow key={window.id} window={window} name={name} onChange={onChange} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function WindowRow({ window, name, onChange }: { window: PlannedMaintenance; name: Name; onChange(): void }) {
  const { busy, error, act } = useAction();
  const { schedule, occurrences, standing } = window;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cancel = () =>
    act(api(`/api/v1/maintenance-windows/${window.id}${query(name.signature())}`, { method: 'DELETE' }), onChange);
  return (
    <li className="silence-row" data-state={standing ? 'standing' : 'coming'}>
      <div>
        <p>
          <strong>{window.name}</strong>{' '}
          <span className="soft">
            {'cron' in schedule ? (
              <>
                <span className="mono">{schedule.cron}</span> {schedule.timezone}, {spanWords(schedule.duration_ms)}{' '}
                each
              </>
            ) : (
              'once'
            )}{' '}
            · by <bdi>{window.created_by}</bdi>
          </span>
        </p>
        <MatcherList matchers={window.matchers} />
        {occurrences.length === 0 ? (
          <p className="faint">It is over.</p>
        ) : (
          <ol className="occurrences">
            {occurrences.map(({ starts_at, ends_at }, index) => (
              <li key={starts_at}>
                {standing && index === 0 ? (
                  <strong>
                    Stands now, until <Time at={ends_at} as="clock" />
                  </strong>
                ) : (
                  <span className="soft">
                    <Time at={starts_at} as="clock" /> to <Time at={ends_at} as="clock" />
                  </span>
                )}
              </li>
            ))}
            {'cron' in schedule && schedule.timezone !== own && <li className="faint">in your time, {own}</li>}
          </ol>
        )}
        <p className="form-error" role="alert">
          {error}
        </p>
      </div>
      {window.source === 'api' ? (
        <button
          type="button"
          className="button"
          disabled={busy}
          aria-label={`Take back: ${window.name}`}
          onClick={cancel}
        >
          Take back
        </button>
      ) : (
        <span className="faint">in ringdown.yaml</span>
      )}
    </li>
  );
}
