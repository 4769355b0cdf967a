import type { OnCall, User } from './on-call.ts';

/**
 * Whom a vendor means, so that an answer carries the name that people know.
 * @param vendor as `contacts` of users call it: `slack`, `pagerduty`, …
 * @param id the vendor's own name of the person; letters of either case, since addresses of mail are written both ways
 */
export function userOfContact({ users }: OnCall, vendor: string, id: string): User | undefined {
  const wanted = id.toLowerCase();
  return [...users.values()].find(
    ({ contacts }) => Object.hasOwn(contacts, vendor) && contacts[vendor]!.toLowerCase() === wanted,
  );
}

/** Whose channel it is: the one person who is told through it. Undefined where several are, or nobody is. */
export function userOfChannel({ users }: OnCall, channel: string): User | undefined {
  const told = [...users.values()].filter((user) =>
    [...user.notify, ...user.otherwise].some((rule) => rule.channel === channel),
  );
  return told.length === 1 ? told[0] : undefined;
}
