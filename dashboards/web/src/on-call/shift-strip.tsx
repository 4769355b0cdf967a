import type { OnCallShift } from '../../../../control/resources.ts';
import { clockWords } from '../time/words.ts';
import type { Week } from './weeks.ts';

interface Props {
  weeks: readonly Week[];
  zone: string;
  /** Of a person, by key: 0 to 5. */
  colourOf(key: string): number;
  now: number;
}

/** Less than a day has no room for a name on a phone. */
const NARROW = 0.14;

/** Four weeks, a row each, a piece for everybody's turn. What is cut off by its width is in its tooltip and in the list below. */
export function ShiftStrip({ weeks, zone, colourOf, now }: Props) {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short' });
  const weekday = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short' });
  return (
    <div className="shift-weeks">
      <div className="shift-days" aria-hidden="true">
        {weeks[0]!.days.slice(0, 7).map((start) => (
          <span key={start}>{weekday.format(start)}</span>
        ))}
      </div>
      {weeks.map((week) => (
        <div key={week.days[0]} className="shift-week">
          <span className="shift-week-of faint">{day.format(week.days[0])}</span>
          <ol aria-label={`Week of ${day.format(week.days[0])}`}>
            {week.pieces.map(({ shift, from, to }) => (
              <li
                key={shift.from}
                className="shift-piece"
                data-colour={shift.users[0] ? colourOf(shift.users[0].key) : 'nobody'}
                data-narrow={to - from < NARROW}
                data-override={shift.override !== null}
                style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
                title={shiftWords(shift, zone, now)}
              >
                <span>{peopleWords(shift)}</span>
              </li>
            ))}
          </ol>
          {week.now !== null && <i className="shift-now" style={{ left: `${week.now * 100}%` }} title="now" />}
        </div>
      ))}
    </div>
  );
}

export function peopleWords({ users }: Pick<OnCallShift, 'users'>): string {
  return users.length === 0 ? 'nobody' : users.map(({ name }) => name).join(', ');
}

/** `Kim Minji, 23 Nov 09:00 to 30 Nov 09:00, weekly`. */
export function shiftWords(shift: OnCallShift, zone: string, now: number): string {
  const [from, to] = [clockWords(Date.parse(shift.from), now, zone), clockWords(Date.parse(shift.to), now, zone)];
  return [peopleWords(shift), `${from} to ${to}`, behindWords(shift)].filter(Boolean).join(', ');
}

function behindWords({ rotation, override }: OnCallShift): string {
  return override !== null ? 'override' : (rotation ?? '');
}
