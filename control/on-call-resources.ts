/** The resources of the HTTP API about who is on call. */

/** A person of `on_call:`. */
export interface OnCallPerson {
  key: string;
  name: string;
}

export interface OnCallShift {
  from: string;
  to: string;
  /** Empty where nobody is on call. */
  users: OnCallPerson[];
  /** Name of the rotation; null where an override, or nothing, is behind it. */
  rotation: string | null;
  /** Id of the override; null where none is behind it. */
  override: string | null;
}

export interface OnCallOverride {
  id: string;
  users: OnCallPerson[];
  from: string;
  to: string;
  /** `config`: from ringdown.yaml, which alone can change it. */
  source: 'config' | 'api';
  created_by: string;
}

/** Who is on call, and who is next. */
export interface OnCallSchedule {
  key: string;
  name: string;
  timezone: string;
  now: {
    users: OnCallPerson[];
    /** Until somebody else, or nobody, is; null when that is more than a year away. */
    until: string | null;
  };
  /** The next shift of somebody else; null when it is more than a year away. */
  next: OnCallShift | null;
  /** Those that stand or are to come. */
  overrides: OnCallOverride[];
  /** For calendars; whoever has it can read the schedule. */
  ics_url: string;
}

export interface OnCallUser extends OnCallPerson {
  timezone: string | null;
  /** Keys of schedules on which this person is now. */
  on_call: string[];
  /** For calendars; whoever has it can read when this person is on call. */
  ics_url: string;
}
