import { useEffect, useState } from 'react';
import type { Incident, IncidentExplanation, StageWord } from '../../../../control/resources.ts';
import { useResource } from '../api/use-resource.ts';
import { Empty, Loading, LoadProblem } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { plural } from '../time/words.ts';

const STAGES: Record<StageWord['stage'], string> = {
  evaluate: 'Evaluate',
  group: 'Group',
  inhibit: 'Inhibit',
  dependency: 'Dependency',
  silence: 'Silence',
  maintenance: 'Maintenance',
  quiet_hours: 'Quiet hours',
  escalate: 'Escalate',
  deliver: 'Deliver',
};

const VERDICTS: Record<StageWord['verdict'], string> = {
  passed: 'goes on',
  held: 'held',
  released: 'released',
  told: 'told',
  nobody: 'nobody',
};

/** Why did this page, or not? Each stage of the chain in its own words. */
export function Explanation({ incident }: { incident: Incident }) {
  const [isOpen, setOpen] = useState(false);
  const asked = useResource<IncidentExplanation>(
    isOpen ? `/api/v1/incidents/${encodeURIComponent(incident.id)}/explain` : null,
  );
  const { reload } = asked;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state of the incident has other words
  useEffect(() => {
    if (isOpen) reload();
  }, [incident, isOpen, reload]);
  return (
    <section className="panel" aria-labelledby="explanation">
      <div className="section-head">
        <h2 id="explanation">Why did this page, or not?</h2>
        <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Explain'}
        </button>
      </div>
      {isOpen && (
        <div className="section-body">
          {asked.problem && <LoadProblem problem={asked.problem} retry={reload} />}
          {!asked.data && asked.loading && <Loading what="what the stages said" />}
          {asked.data && <Words words={asked.data.words} />}
        </div>
      )}
    </section>
  );
}

function Words({ words }: { words: StageWord[] }) {
  if (words.length === 0) {
    return (
      <Empty title="No stage has said anything">Incidents from before stages were written down have no words.</Empty>
    );
  }
  return (
    <>
      <p className="soft">
        {plural(words.length, 'word')} of the stages, oldest first: evaluate, group, inhibit and dependency, silence and
        maintenance, quiet hours, escalate, deliver.
      </p>
      <ol className="stage-words">
        {words.map((word) => (
          <li key={`${word.at} ${word.stage} ${word.verdict} ${word.why}`}>
            <span className="stage-at faint">
              <Time at={word.at} as="clock" />
            </span>
            <strong>{STAGES[word.stage]}</strong>
            <span className="stage-verdict" data-verdict={word.verdict}>
              {VERDICTS[word.verdict]}
            </span>
            <bdi className="stage-why">{word.why}</bdi>
          </li>
        ))}
      </ol>
    </>
  );
}
