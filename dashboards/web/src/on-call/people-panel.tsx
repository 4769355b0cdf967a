import type { OnCallSchedule, OnCallUser } from '../../../../control/resources.ts';
import { Panel } from '../parts/page-parts.tsx';
import { FeedLink } from './feed-link.tsx';

/** Everybody who can be on call. */
export function PeoplePanel({ users, schedules }: { users: OnCallUser[]; schedules: OnCallSchedule[] }) {
  const nameOf = (key: string) => schedules.find((schedule) => schedule.key === key)?.name ?? key;
  return (
    <Panel title="People" id="people" padded={false}>
      <ul>
        {users.map((user) => (
          <li key={user.key} className="person">
            <p>
              <strong>{user.name}</strong> {user.timezone && <span className="soft">{user.timezone}</span>}
              <br />
              {user.on_call.length > 0 ? (
                `on call: ${user.on_call.map(nameOf).join(', ')}`
              ) : (
                <span className="faint">not on call</span>
              )}
            </p>
            <FeedLink url={user.ics_url} of={user.name} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
