import type { ComingStep as EngineStep } from '../../alerts/engine/forecast.ts';
import type { OnCallBook } from '../../alerts/on-call/book.ts';
import { nowAndNext } from '../../alerts/on-call/shifts.ts';
import type { ComingCall, ComingStep } from '../../control/resources.ts';

const ON_CALL = 'on-call:';

export interface ComingCallDeps {
  onCall: Pick<OnCallBook, 'onCall'>;
  /** `slack` of the channel of that name. */
  typeOf(channel: string): string;
  now(): number;
}

/** Steps to come, with names of people and how long they are on call. */
export function withNames({ onCall, typeOf, now }: ComingCallDeps): (steps: readonly EngineStep[]) => ComingStep[] {
  return (steps) => {
    const { users, schedules } = onCall.onCall();
    return steps.map(({ notify, calls, ...step }) => {
      // At the time of the step, which is when it is decided who is on call.
      const at = step.at === null ? now() : Date.parse(step.at);
      const named = notify.flatMap((target) => {
        const schedule = target.startsWith(ON_CALL) ? schedules.get(target.slice(ON_CALL.length)) : undefined;
        return schedule ? [{ schedule, ...nowAndNext(schedule, at) }] : [];
      });
      return {
        ...step,
        nobody: [...step.nobody],
        calls: calls.map(({ channel, user, at }): ComingCall => {
          const on = user === null ? undefined : named.find(({ users }) => users.includes(user));
          return {
            channel,
            channel_type: typeOf(channel),
            user: user === null ? null : { key: user, name: users.get(user)?.name ?? user },
            on_call: on
              ? {
                  schedule: on.schedule.key,
                  name: on.schedule.name,
                  until: on.until === null ? null : new Date(on.until).toISOString(),
                }
              : null,
            at,
          };
        }),
      };
    });
  };
}
