import { othersFailing } from './members.ts';
import { spokenName } from './names.ts';
import { LONGEST_CAUSE, oneLine } from './one-line.ts';

/** What an incident is about, as far as its title needs it. */
export interface TitleSubject {
  service: string;
  monitor_name: string;
  step: string;
  route: string | null;
  /** Routes that the service fails to serve, when there are several. */
  failing_routes: readonly string[];
  unreachable: boolean;
  timed_out: boolean;
  status_code: number | null;
}

/** An incident of a rule or of another system's alert, which say in one sentence what is wrong. */
export interface SummarySubject {
  service: string;
  /** `p95 of GET /v1/posts is 2.1 s, allowed are 500 ms`. */
  summary: string;
  /** Keys of all monitors that joined. */
  monitors: readonly string[];
  /** Those that fail now. */
  failing_count: number;
}

/** One line without priority or environment, e.g. "Reference API: POST /v1/posts answers 500". */
export function incidentTitle(subject: TitleSubject | SummarySubject): string {
  const service = spokenName(subject.service);
  if ('summary' in subject) {
    const others = othersFailing(subject.monitors, subject.failing_count);
    return `${service}: ${oneLine(subject.summary, LONGEST_CAUSE)}${others ? `, and ${others.count} ${others.noun}` : ''}`;
  }
  if (subject.unreachable) return `${service} does not answer`;
  if (subject.failing_routes.length > 1) return `${service}: ${subject.failing_routes.length} routes fail`;
  if (subject.route && subject.timed_out) return `${service}: ${subject.route} does not answer in time`;
  if (subject.route && (subject.status_code ?? 0) >= 400) {
    return `${service}: ${subject.route} answers ${subject.status_code}`;
  }
  return `${service}: ${subject.monitor_name} fails at "${subject.step}"`;
}
