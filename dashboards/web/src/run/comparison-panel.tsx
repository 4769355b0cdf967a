import { useState } from 'react';
import { Link } from 'wouter';
import type { DiffLine, RunComparison, RunResult } from '../../../../control/resources.ts';
import type { Loaded } from '../api/use-resource.ts';
import { Empty, Loading, LoadProblem, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';
import { foldDiff, isChange } from './fold-diff.ts';

type StepComparison = RunComparison['steps'][number];

/** What is different from the last run that passed; what always varies is folded away. */
export function ComparisonPanel({ comparison, run }: { comparison: Loaded<RunComparison>; run: RunResult }) {
  const { data } = comparison;
  return (
    <Panel
      title="Against the last passing run"
      id="comparison"
      padded={false}
      aside={
        data?.baseline_run_id && data.baseline_started_at ? (
          <Link href={`/runs/${data.baseline_run_id}`}>
            run of <Time at={data.baseline_started_at} as="clock" />
          </Link>
        ) : null
      }
    >
      {comparison.problem && <LoadProblem problem={comparison.problem} retry={comparison.reload} />}
      {!data && comparison.loading && <Loading what="the comparison" />}
      {data && <Steps comparison={data} run={run} />}
    </Panel>
  );
}

function differs(step: StepComparison): boolean {
  return step.status.before !== step.status.now || step.headers.some(isChange) || step.body.some(isChange);
}

function Steps({ comparison, run }: { comparison: RunComparison; run: RunResult }) {
  if (comparison.baseline_run_id === null) {
    return <Empty title="Nothing to compare with">No run of this monitor passed before this one.</Empty>;
  }
  const skipped = new Set(run.steps.filter((step) => step.status === 'skipped').map((step) => step.name));
  const made = comparison.steps.filter((step) => !skipped.has(step.name));
  const different = made.filter(differs);
  const same = made.filter((step) => !differs(step));
  return (
    <div className="comparison">
      {different.length === 0 && (
        <Empty title="Nothing that matters is different">
          Status, headers and bodies of {plural(same.length, 'step')} equal those of the last passing run, apart from
          fields that vary in every run.
        </Empty>
      )}
      {different.map((step) => (
        <section key={step.name} className="step-comparison" aria-label={`Differences of ${step.name}`}>
          <h3>
            {step.name}
            <StatusChange status={step.status} />
          </h3>
          <Diff step={step.name} title="Headers" lines={step.headers} />
          <Diff step={step.name} title="Body" lines={step.body} />
        </section>
      ))}
      {different.length > 0 && (same.length > 0 || skipped.size > 0) && (
        <p className="same-steps faint">
          {same.length > 0 && `The same as before: ${same.map((step) => step.name).join(', ')}. `}
          {skipped.size > 0 && `Not made this time: ${[...skipped].join(', ')}.`}
        </p>
      )}
    </div>
  );
}

function StatusChange({ status }: Pick<StepComparison, 'status'>) {
  if (status.before === status.now) return null;
  const word = (code: number | null) => (code === null ? 'no answer' : String(code));
  return (
    <span className="status-change mono">
      status {word(status.before)} <span aria-hidden="true">→</span>
      <span className="visually-hidden">became</span> <strong>{word(status.now)}</strong>
    </span>
  );
}

function Diff({ step, title, lines }: { step: string; title: string; lines: DiffLine[] }) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  if (!lines.some((line) => line.change !== 'same')) return null;
  const folded = foldDiff(lines);
  return (
    <>
      <h4 className="diff-title">{title}</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="diff mono" tabIndex={0} aria-label={`${title} of ${step}, changed lines`}>
        {folded.map((entry, index) => {
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          if (entry.kind === 'line') return <Line key={index} line={entry.line} />;
          if (opened.has(index)) {
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
            return entry.lines.map((line, at) => <Line key={`${index}.${at}`} line={line} />);
          }
          const what =
            entry.why === 'varies'
              ? `${plural(entry.lines.length, 'line that varies', 'lines that vary')} in every run`
              : `${plural(entry.lines.length, 'equal line')}`;
          return (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
              key={index}
              type="button"
              className="diff-fold"
              onClick={() => setOpened(new Set([...opened, index]))}
            >
              {what}
            </button>
          );
        })}
      </section>
    </>
  );
}

const SIGNS: Record<DiffLine['change'], [string, string]> = {
  same: [' ', ''],
  added: ['+', 'now: '],
  removed: ['−', 'before: '],
};

function Line({ line }: { line: DiffLine }) {
  const [sign, words] = SIGNS[line.change];
  return (
    <div className="diff-line" data-change={line.change} data-varies={line.always_varies || undefined}>
      <span aria-hidden="true" className="diff-sign">
        {sign}
      </span>
      <span className="visually-hidden">{words}</span>
      <span>{line.text}</span>
    </div>
  );
}
