import { spokenName } from './names.ts';

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

/** One line without priority or environment, e.g. "Reference API: POST /v1/posts answers 500". */
export function incidentTitle(subject: TitleSubject): string {
  const service = spokenName(subject.service);
  if (subject.unreachable) return `${service} does not answer`;
  if (subject.failing_routes.length > 1) return `${service}: ${subject.failing_routes.length} routes fail`;
  if (subject.route && subject.timed_out) return `${service}: ${subject.route} does not answer in time`;
  if (subject.route && (subject.status_code ?? 0) >= 400) {
    return `${service}: ${subject.route} answers ${subject.status_code}`;
  }
  return `${service}: ${subject.monitor_name} fails at "${subject.step}"`;
}
