import type { OutlineStep, ScenarioOutline } from '../../../../control/resources.ts';
import { Choices } from '../parts/choices.tsx';
import { FormField } from './form-field.tsx';
import type { FormEdit } from './form-values.ts';

interface FormProps {
  /** null: the file cannot be read as YAML at the moment. */
  outline: ScenarioOutline | null;
  disabled: boolean;
  edit(edits: readonly FormEdit[]): void;
  goTo(line: number): void;
}

/** What people change most. Everything else is in the file beside it. */
export function ScenarioForm({ outline, disabled, edit, goTo }: FormProps) {
  if (!outline) {
    return <p className="empty">The form comes back when the file can be read as YAML again.</p>;
  }
  const common = { disabled, edit };
  return (
    <div className="scenario-form">
      <fieldset className="form-group">
        <legend>Scenario</legend>
        <FormField label="Name" field={outline.name} wide {...common} />
        <FormField label="Tags, with commas" field={outline.tags} kind="list" {...common} />
        <FormField label="Alert policy" field={outline.policy} placeholder="by its tags" {...common} />
        <FormField label="Runbook" field={outline.runbook} placeholder="https://…" wide {...common} />
      </fieldset>
      <ScheduleFields outline={outline} {...common} />
      <fieldset className="form-group">
        <legend>Limits and retries</legend>
        <FormField label="Timeout of an attempt" field={outline.timeout} placeholder="10s" {...common} />
        <FormField label="Retries" field={outline.retry_times} kind="count" type="number" placeholder="0" {...common} />
        <FormField label="Wait before a retry" field={outline.retry_delay} placeholder="1s" {...common} />
      </fieldset>
      <fieldset className="form-group">
        <legend>Quarantine: it runs and rings nobody</legend>
        <FormField label="Until, that day included" field={outline.quarantine_until} type="date" {...common} />
        <FormField label="Reason" field={outline.quarantine_reason} {...common} />
      </fieldset>
      <h3>Steps</h3>
      <ol className="form-steps">
        {outline.steps.map((step) => (
          <StepFields key={step.path.join('.')} step={step} goTo={goTo} {...common} />
        ))}
      </ol>
    </div>
  );
}

type Part = Pick<FormProps, 'disabled' | 'edit'>;

function ScheduleFields({ outline, disabled, edit }: Part & { outline: ScenarioOutline }) {
  const { every, cron, timezone, while_failing } = outline;
  const kind = cron.text !== null ? 'cron' : every.text !== null ? 'every' : 'hand';
  const choose = (wanted: 'every' | 'cron' | 'hand') => {
    if (wanted === kind || disabled) return;
    if (wanted === 'hand') edit([{ path: every.path.slice(0, 1) }]);
    else if (wanted === 'cron') edit([{ path: cron.path, value: '*/5 * * * *' }, { path: every.path }]);
    else edit([{ path: every.path, value: '5m' }, { path: cron.path }, { path: timezone.path }]);
  };
  return (
    <fieldset className="form-group">
      <legend>When it runs</legend>
      <div className="form-choices">
        <Choices
          label="When it runs"
          value={kind}
          onChange={choose}
          options={[
            { value: 'every', label: 'Every so often' },
            { value: 'cron', label: 'By cron' },
            { value: 'hand', label: 'By hand only' },
          ]}
        />
      </div>
      {kind === 'every' && <FormField label="Every" field={every} placeholder="30s" disabled={disabled} edit={edit} />}
      {kind === 'cron' && (
        <>
          <FormField label="Cron" field={cron} placeholder="*/5 * * * *" disabled={disabled} edit={edit} />
          <FormField label="Time zone" field={timezone} placeholder="UTC" disabled={disabled} edit={edit} />
        </>
      )}
      {kind !== 'hand' && (
        <FormField
          label="Every, while it fails"
          field={while_failing}
          placeholder="as ever"
          disabled={disabled}
          edit={edit}
        />
      )}
    </fieldset>
  );
}

function StepFields({ step, goTo, disabled, edit }: Part & { step: OutlineStep; goTo(line: number): void }) {
  const common = { disabled, edit };
  return (
    <li data-inner={step.path.length > 2}>
      <details>
        <summary>
          <span>{step.name.text ?? step.words}</span>
          {step.section !== 'steps' && <span className="tag">{step.section}</span>}
          {step.kind !== 'http' && <span className="tag">{step.kind ?? 'unknown kind'}</span>}
          {step.name.text !== null && <span className="mono faint">{step.words}</span>}
        </summary>
        <div className="form-group">
          {step.kind !== 'include' && <FormField label="Name of the step" field={step.name} wide {...common} />}
          {step.request && <FormField label="Request" field={step.request} wide {...common} />}
          {step.status && (
            <FormField label="Expected status" field={step.status} kind="status" placeholder="2xx" {...common} />
          )}
          {step.timeout && <FormField label="Timeout of the step" field={step.timeout} {...common} />}
          <p>
            <button type="button" className="link-button" onClick={() => goTo(step.line)}>
              Line {step.line} of the file
            </button>
          </p>
        </div>
      </details>
    </li>
  );
}
