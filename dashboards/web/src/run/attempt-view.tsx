import { useState } from 'react';
import type { Attempt, StepResult } from '../../../../control/resources.ts';
import { RunMark } from '../parts/state-mark.tsx';
import { durationWords } from '../time/words.ts';
import { rowsWords, tellingSteps } from './rows.ts';
import { StepDetail } from './step-detail.tsx';
import { type Axis, axisOf, barOf, PHASES } from './waterfall.ts';

/** The steps of one attempt on one time axis; each opens to its evidence. The one that failed is open already. */
export function AttemptView({ attempt }: { attempt: Attempt }) {
  const [everyRow, setEveryRow] = useState(false);
  const telling = attempt.rows && !everyRow ? tellingSteps(attempt.steps) : attempt.steps;
  const axis = axisOf(attempt.steps.map((step) => step.offset_ms + step.duration_ms));
  const failing = attempt.steps.findIndex((step) => step.status === 'failed' || step.status === 'error');
  const [open, setOpen] = useState<ReadonlySet<number>>(() => new Set(failing >= 0 ? [failing] : []));
  const used = new Set(attempt.steps.flatMap((step) => barOf(step, axis).segments.map((segment) => segment.phase)));

  const toggle = (index: number) =>
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });

  return (
    <div className="waterfall">
      {attempt.rows && (
        <p className="waterfall-rows soft">
          {rowsWords(attempt.rows)}.{' '}
          {telling.length < attempt.steps.length && (
            <button type="button" className="button" onClick={() => setEveryRow(true)}>
              Show the rows that passed
            </button>
          )}
        </p>
      )}
      <div className="waterfall-head" aria-hidden="true">
        <div className="waterfall-axis">
          {axis.ticks.map((tick) => (
            <span key={tick.ms} className="tick-label" style={{ left: `${tick.at}%` }}>
              {tick.ms === 0 ? '0 ms' : durationWords(tick.ms)}
            </span>
          ))}
        </div>
      </div>
      <ol>
        {telling.map((step) => {
          const index = attempt.steps.indexOf(step);
          return (
            <li key={`${step.section} ${step.row} ${step.name}`} className="step" data-status={step.status}>
              <StepRow
                step={step}
                axis={axis}
                open={open.has(index)}
                panelId={`step-${attempt.number}-${index}`}
                toggle={() => toggle(index)}
              />
              {open.has(index) && <StepDetail step={step} id={`step-${attempt.number}-${index}`} />}
            </li>
          );
        })}
      </ol>
      <ul className="phase-legend" aria-hidden="true">
        {PHASES.filter(({ phase }) => used.has(phase)).map(({ phase, label }) => (
          <li key={phase} data-phase={phase}>
            {label}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** In a narrow column: `201`, `skipped`, `connection refused`; the code as it is stands in the step's detail. */
function statusOf({ response, status, error }: StepResult): string {
  if (response) return response.status === null ? 'answered' : String(response.status);
  if (status === 'skipped') return 'skipped';
  return error?.code.toLowerCase().replaceAll('_', ' ') ?? '';
}

/** Where the step belongs and how often it was done, as far as that is not plain. */
function tagsOf({ section, row, group, tries }: StepResult): string[] {
  return [
    ...(section === 'steps' ? [] : [section]),
    ...(row === null ? [] : [`row ${row}`]),
    ...(group === null ? [] : [`∥ ${group}`]),
    ...(tries > 1 ? [`${tries} tries`] : []),
  ];
}

interface StepRowProps {
  step: StepResult;
  axis: Axis;
  open: boolean;
  panelId: string;
  toggle(): void;
}

function StepRow({ step, axis, open, panelId, toggle }: StepRowProps) {
  const bar = barOf(step, axis);
  const warned = step.status === 'passed' && step.warnings.some((warning) => !warning.passed);
  return (
    <button
      type="button"
      className="step-row"
      aria-expanded={open}
      aria-controls={open ? panelId : undefined}
      onClick={toggle}
      data-row
    >
      <span className="step-name">
        <span className="chevron" aria-hidden="true" />
        <RunMark kind={warned ? 'degraded' : step.status} hideLabel />
        <span className="step-title">
          {step.name}
          {tagsOf(step).map((tag) => (
            <span key={tag} className="tag">
              {tag}
            </span>
          ))}
        </span>
      </span>
      <span className="step-status mono">{statusOf(step)}</span>
      <span className="step-time">{step.status === 'skipped' ? '–' : durationWords(step.duration_ms)}</span>
      <span className="step-track" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <span key={tick.ms} className="tick" style={{ left: `${tick.at}%` }} />
        ))}
        {step.status !== 'skipped' &&
          bar.segments.map((segment) => (
            <span
              key={segment.phase}
              className="segment"
              data-phase={segment.phase}
              style={{ left: `${segment.left}%`, width: `${segment.width}%` }}
            />
          ))}
      </span>
    </button>
  );
}
