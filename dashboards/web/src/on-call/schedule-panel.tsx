import { useMemo, useState } from 'react';
import type { List, OnCallSchedule, OnCallShift, OnCallUser } from '../../../../control/resources.ts';
import { query } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { useLive } from '../live/live.tsx';
import { Choices } from '../parts/choices.tsx';
import type { Name } from '../parts/name-field.tsx';
import { Loading, LoadProblem, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { clockWords, plural } from '../time/words.ts';
import { FeedLink } from './feed-link.tsx';
import { OverrideForm } from './override-form.tsx';
import { OverrideList } from './override-list.tsx';
import { peopleWords, ShiftStrip, shiftWords } from './shift-strip.tsx';
import { dayStarts, weeksOf } from './weeks.ts';

interface Props {
  schedule: OnCallSchedule;
  users: readonly OnCallUser[];
  name: Name;
  onChange(): void;
}

const COLOURS = 6;

/** Who has the phone of one schedule, for four weeks, and who stands in. */
export function SchedulePanel({ schedule, users, name, onChange }: Props) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [zone, setZone] = useState(schedule.timezone);
  const skew = useLive((state) => state.skew_ms);
  const now = Date.now() + skew;
  // Of the day: a page that stays open turns over at midnight.
  const today = dayStarts(now, zone)[0]!;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same while the week is
  const starts = useMemo(() => dayStarts(now, zone), [today, zone]);
  const path = `/api/v1/on-call/${encodeURIComponent(schedule.key)}/shifts`;
  const period = { from: new Date(starts[0]!).toISOString(), to: new Date(starts.at(-1)!).toISOString() };
  const shifts = useResource<List<OnCallShift>>(`${path}${query(period)}`);
  const items = shifts.data?.items ?? [];
  const coming = items.filter(({ to }) => Date.parse(to) > now);
  const changed = () => {
    shifts.reload();
    onChange();
  };
  const colourOf = (key: string) =>
    Math.max(
      0,
      users.findIndex((user) => user.key === key),
    ) % COLOURS;

  return (
    <Panel
      title={schedule.name}
      id={`schedule-${schedule.key}`}
      aside={
        own === schedule.timezone ? (
          <span className="soft">{zone}</span>
        ) : (
          <Choices
            label={`Time zone of ${schedule.name}`}
            options={[
              { value: schedule.timezone, label: schedule.timezone },
              { value: own, label: `yours, ${own}` },
            ]}
            value={zone}
            onChange={setZone}
          />
        )
      }
    >
      <div className="schedule">
        <NowAndNext {...{ schedule, zone, now }} />
        {shifts.problem && <LoadProblem problem={shifts.problem} retry={shifts.reload} />}
        {!shifts.data && shifts.loading && <Loading what="shifts" />}
        {shifts.data && <ShiftStrip weeks={weeksOf(items, starts, now)} {...{ zone, colourOf, now }} />}
        {coming.length > 0 && (
          <details>
            <summary>{plural(coming.length, 'shift')} from now, in words</summary>
            <ul className="shift-list">
              {coming.map((shift) => (
                <li key={shift.from}>{shiftWords(shift, zone, now)}</li>
              ))}
            </ul>
          </details>
        )}
        <OverrideList {...{ schedule, zone, now }} onRemoved={changed} />
        {users.length > 0 && <OverrideForm {...{ schedule, users, name }} onAdded={changed} />}
        <FeedLink url={schedule.ics_url} of={schedule.name} />
      </div>
    </Panel>
  );
}

function NowAndNext(props: { schedule: OnCallSchedule; zone: string; now: number }) {
  const { now, next } = props.schedule;
  const isEmpty = now.users.length === 0;
  return (
    <p className="on-call-now">
      <strong data-nobody={isEmpty}>{isEmpty ? 'Nobody is on call' : peopleWords(now)}</strong>
      <span className="soft">
        {now.until && (
          <>
            until{' '}
            <time dateTime={now.until} className="nowrap">
              {clockWords(Date.parse(now.until), props.now, props.zone)}
            </time>{' '}
            (<Time at={now.until} as="until" />)
          </>
        )}
        {next && (
          <>
            {now.until && ', '}then {peopleWords(next)}
          </>
        )}
        {isEmpty && '. A step that names this schedule tells its other targets, or every channel where it has none.'}
      </span>
    </p>
  );
}
