import type { IncidentState, MonitorState, RuleState } from '../../../../control/resources.ts';
import type { RunKind } from '../monitor/history.ts';
import './state-mark.css';

type Tone = 'passing' | 'degraded' | 'failing' | 'no_data' | 'paused';

// Every state has a shape of its own: the colour is never alone in saying it.
const SHAPES: Record<Tone, React.ReactNode> = {
  passing: (
    <>
      <circle cx="8" cy="8" r="7" />
      <path className="mark-ink" d="m4.8 8.3 2.2 2.2 4.2-4.6" />
    </>
  ),
  degraded: (
    <>
      <path d="M8 1 15.5 14.5H.5Z" />
      <path className="mark-ink" d="M8 6v4M8 12.2v.1" />
    </>
  ),
  failing: (
    <>
      <path d="M4.9.8h6.2l4.1 4.1v6.2l-4.1 4.1H4.9L.8 11.1V4.9Z" />
      <path className="mark-ink" d="m5.3 5.3 5.4 5.4M10.7 5.3l-5.4 5.4" />
    </>
  ),
  no_data: (
    <>
      <circle className="mark-hollow" cx="8" cy="8" r="6.2" />
      <path className="mark-line" d="M5.5 8h5" />
    </>
  ),
  paused: (
    <>
      <circle className="mark-hollow" cx="8" cy="8" r="6.2" />
      <path className="mark-line" d="M6.2 5.6v4.8M9.8 5.6v4.8" />
    </>
  ),
};

export const STATE_LABELS: Record<MonitorState, string> = {
  passing: 'Passing',
  degraded: 'Degraded',
  failing: 'Failing',
  no_data: 'No data',
  paused: 'Paused',
};

const RUN_MARKS: Record<RunKind, [Tone, string]> = {
  passed: ['passing', 'Passed'],
  degraded: ['degraded', 'Degraded'],
  failed: ['failing', 'Failed'],
  error: ['failing', 'Error'],
  skipped: ['no_data', 'Skipped'],
};

const INCIDENT_MARKS: Record<IncidentState, [Tone, string]> = {
  triggered: ['failing', 'Triggered'],
  acknowledged: ['degraded', 'Acknowledged'],
  resolved: ['passing', 'Resolved'],
};

const RULE_MARKS: Record<RuleState, [Tone, string]> = {
  firing: ['failing', 'Firing'],
  pending: ['degraded', 'Waiting'],
  unasked: ['no_data', 'Cannot be asked'],
  no_data: ['no_data', 'No data'],
  inactive: ['passing', 'Well'],
};

function Mark({ tone, label, hideLabel = false }: { tone: Tone; label: string; hideLabel?: boolean }) {
  return (
    <span className="mark" data-tone={tone}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {SHAPES[tone]}
      </svg>
      <span className={hideLabel ? 'visually-hidden' : ''}>{label}</span>
    </span>
  );
}

export function StateMark({ state, hideLabel = false }: { state: MonitorState; hideLabel?: boolean }) {
  return <Mark tone={state} label={STATE_LABELS[state]} hideLabel={hideLabel} />;
}

export function RunMark({ kind, hideLabel = false }: { kind: RunKind; hideLabel?: boolean }) {
  const [tone, label] = RUN_MARKS[kind];
  return <Mark tone={tone} label={label} hideLabel={hideLabel} />;
}

export function RuleMark({ state, hideLabel = false }: { state: RuleState; hideLabel?: boolean }) {
  const [tone, label] = RULE_MARKS[state];
  return <Mark tone={tone} label={label} hideLabel={hideLabel} />;
}

export function IncidentMark({ state }: { state: IncidentState }) {
  const [tone, label] = INCIDENT_MARKS[state];
  return <Mark tone={tone} label={label} />;
}

/** Held or did not hold: assertions, health of a backend. */
export function CheckMark({ good, label, bad = 'failing' }: { good: boolean; label: string; bad?: Tone }) {
  return <Mark tone={good ? 'passing' : bad} label={label} />;
}
