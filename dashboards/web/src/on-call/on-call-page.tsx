import type { List, OnCallSchedule, OnCallUser } from '../../../../control/resources.ts';
import { useRefresh } from '../api/use-refresh.ts';
import { useResource } from '../api/use-resource.ts';
import { NameField, useName } from '../parts/name-field.tsx';
import { Empty, Loading, LoadProblem, PageTitle } from '../parts/page-parts.tsx';
import { PeoplePanel } from './people-panel.tsx';
import { SchedulePanel } from './schedule-panel.tsx';
import './on-call.css';

const REFRESH_MS = 30_000;

/** Who is called now, who next, and who stands in. */
export function OnCallPage() {
  const name = useName();
  const schedules = useResource<List<OnCallSchedule>>('/api/v1/on-call');
  const users = useResource<List<OnCallUser>>('/api/v1/on-call/users');
  const reload = () => {
    schedules.reload();
    users.reload();
  };
  useRefresh(schedules.reload, REFRESH_MS);
  useRefresh(users.reload, REFRESH_MS);

  const items = schedules.data?.items ?? [];
  const people = users.data?.items ?? [];
  return (
    <div className="page">
      <PageTitle>On-call</PageTitle>
      <div className="page-head page-head-row">
        <h1>On-call</h1>
        {items.length > 0 && (
          <span className="named">
            You are <NameField name={name} />
          </span>
        )}
      </div>
      {schedules.problem && <LoadProblem problem={schedules.problem} retry={reload} />}
      {!schedules.data && schedules.loading && <Loading what="schedules" />}
      {schedules.data && items.length === 0 && (
        <div className="panel">
          <Empty title="Nobody is on call by a schedule">
            Schedules and people under <code>on_call:</code> in <code>ringdown.yaml</code> appear here, and policies
            call them as <code>on-call:NAME</code>. Until then a step tells the channels that it names.
          </Empty>
        </div>
      )}
      {items.map((schedule) => (
        <SchedulePanel key={schedule.key} schedule={schedule} users={people} name={name} onChange={reload} />
      ))}
      {people.length > 0 && <PeoplePanel users={people} schedules={items} />}
    </div>
  );
}
