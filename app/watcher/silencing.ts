import { concerns, stands } from '../../alerts/engine/stages/silence.ts';
import { urgency } from '../../alerts/engine/urgency.ts';
import type { AlertDesk } from '../../alerts/incidents/desk.ts';
import { readSilence, readWindow, type SilenceProblem, silenceProblems } from '../../alerts/silences/check.ts';
import { matchesAll } from '../../alerts/silences/matching.ts';
import type { MaintenanceWindow, Matcher, Silence } from '../../alerts/silences/silence.ts';
import { nextChange, windowAt } from '../../alerts/silences/windows.ts';
import type { ControlDeps, Refused } from '../../control/deps.ts';
import type { ListedSilence, Monitor, PlannedMaintenance, SilencePreview } from '../../control/resources.ts';
import type { Clock } from '../../core/clock.ts';

const SHOWN = 50;
const OCCURRENCES_SHOWN = 5;
/** Labels that a monitor's incident has whatever opens it; others come with the policy or the rule. */
const KNOWN_OF_MONITORS = ['service', 'environment', 'monitor'];

interface SilencingDeps {
  desk: AlertDesk;
  clock: Clock;
  monitors(): Monitor[];
}

/** Silences and maintenance windows as the HTTP API offers them: written texts in, reasons in words out. */
export function silencing({ desk, clock, monitors }: SilencingDeps): Pick<ControlDeps, 'silences' | 'maintenance'> {
  const listed = (silence: Silence) => listedAt(silence, clock.now());
  const planned = (window: MaintenanceWindow) => plannedAt(window, clock.now());
  return {
    silences: {
      list: () => inOrder(desk.silences().map(listed)),
      async create(body, by) {
        const { silence, problems } = readSilence(body, clock.now());
        if (!silence) return refusal(problems);
        return listed(await desk.silence(silence, { by, via: 'api' }));
      },
      async end(id, by) {
        const ended = await desk.endSilence(id, { by, via: 'api' });
        return ended && listed(ended);
      },
      preview(written) {
        const matchers = written.map((matcher): Matcher => ({ ...matcher, is: matcher.is ?? '=' }));
        const problems = silenceProblems({ matchers, ...AN_HOUR, reason: '' });
        return problems.length > 0 ? refusal(problems) : preview(matchers, desk, monitors());
      },
    },
    maintenance: {
      list: () => desk.maintenanceWindows().map(planned),
      async plan(body, by) {
        const { window, problems } = readWindow(body);
        if (!window) return refusal(problems);
        if (nextChange(window, clock.now()) === Number.POSITIVE_INFINITY)
          return { refused: 'schedule: it would be over before it begins' };
        return planned(await desk.planMaintenance(window, { by, via: 'api' }));
      },
      async cancel(id, by) {
        if (await desk.cancelMaintenance(id, { by, via: 'api' })) return 'cancelled';
        return desk.maintenanceWindows().some((window) => window.id === id) ? 'from_config' : 'unknown';
      },
    },
  };
}

/** A preview has no times yet; the matchers are checked as those of any silence. */
const AN_HOUR = { starts_at: '2026-01-01T00:00:00Z', ends_at: '2026-01-01T01:00:00Z' };

function preview(matchers: readonly Matcher[], desk: AlertDesk, monitors: readonly Monitor[]): SilencePreview {
  const incidents = desk
    .openIncidents()
    .filter(({ id, labels, monitors }) => {
      const states = monitors.map((key) => desk.monitorState(key)).filter((state) => state !== undefined);
      return concerns(
        matchers,
        labels,
        states.filter(({ incident_id }) => incident_id === id),
      );
    })
    .sort((a, b) => urgency(a.priority) - urgency(b.priority));
  const known = matchers.filter(({ label }) => KNOWN_OF_MONITORS.includes(label));
  const matching = monitors.filter(({ key, service, environment }) =>
    matchesAll(known, { service, environment, monitor: key }),
  );
  return {
    incidents: incidents.slice(0, SHOWN),
    incident_count: incidents.length,
    monitors: matching.slice(0, SHOWN).map(({ key, name }) => ({ key, name })),
    monitor_count: matching.length,
    unknown_labels: [...new Set(matchers.filter((one) => !known.includes(one)).map(({ label }) => label))],
  };
}

function listedAt(silence: Silence, now: number): ListedSilence {
  const state = stands(silence, now) ? 'standing' : Date.parse(silence.starts_at) > now ? 'coming' : 'ended';
  return { ...silence, state };
}

/** What stands and ends first, then what comes next, then what ended last. */
function inOrder(silences: readonly ListedSilence[]): ListedSilence[] {
  const by = (state: ListedSilence['state'], order: (a: ListedSilence, b: ListedSilence) => number) =>
    silences.filter((silence) => silence.state === state).sort(order);
  return [
    ...by('standing', (a, b) => a.ends_at.localeCompare(b.ends_at)),
    ...by('coming', (a, b) => a.starts_at.localeCompare(b.starts_at)),
    ...by('ended', (a, b) => b.ends_at.localeCompare(a.ends_at)),
  ];
}

function plannedAt(window: MaintenanceWindow, now: number): PlannedMaintenance {
  // A copy: what is remembered of the schedule itself is for the present.
  const ahead = { schedule: { ...window.schedule } };
  const occurrences: PlannedMaintenance['occurrences'] = [];
  let at = now;
  while (occurrences.length < OCCURRENCES_SHOWN) {
    const stretch = windowAt(ahead, at);
    if (stretch) {
      occurrences.push({
        starts_at: new Date(stretch.from).toISOString(),
        ends_at: new Date(stretch.until).toISOString(),
      });
    }
    const next = nextChange(ahead, at);
    if (next === Number.POSITIVE_INFINITY) break;
    at = next;
  }
  return { ...window, occurrences, standing: windowAt(window, now) !== null };
}

function refusal(problems: readonly SilenceProblem[]): Refused {
  const words = problems.map(({ path, message, hint }) => `${path.join('.')}: ${message}${hint ? ` (${hint})` : ''}`);
  return { refused: words.join('; ') };
}
