import { Link } from 'wouter';
import type { RuleDetail } from '../../../../control/resources.ts';
import { holdReason, holdTitle } from '../incidents/hold-words.ts';
import { ComingSteps } from '../parts/coming-steps.tsx';
import { Empty, Panel } from '../parts/page-parts.tsx';
import { Time } from '../time/times.tsx';
import { plural, spanWords } from '../time/words.ts';
import { outcomeWords } from './rule-words.ts';

/** Who would be told, and when; of what fires already, who is next. */
export function ForecastPanel({ rule }: { rule: RuleDetail }) {
  const { forecast } = rule;
  const about = rule.instances.find(({ monitor }) => monitor === rule.forecast_of);
  const fires = about?.incident_id != null;
  const of = rule.instances.length > 1 && about ? `: ${about.name}` : '';
  return (
    <Panel title={fires ? `Who is told if nobody answers${of}` : `If this fired now${of}`} id="forecast">
      {forecast === null ? (
        <Empty title="Nothing can fire">What it is about is not there, so nobody would be told.</Empty>
      ) : (
        <div className="form">
          {fires && forecast.steps.length === 0 && (
            <p>Nobody else: somebody has it, or its steps are all carried out.</p>
          )}
          {!fires && (
            <p>
              {outcomeWords(forecast)}{' '}
              {forecast.incident_id && <Link href={`/incidents/${forecast.incident_id}`}>Open it</Link>}
            </p>
          )}
          {forecast.held && (
            <p className="coming-note">
              {holdTitle(forecast.held.stage)}
              {forecast.held.until && (
                <>
                  {' '}
                  until <Time at={forecast.held.until} as="clock" />
                </>
              )}
              , <bdi>{holdReason(forecast.held)}</bdi>: nobody is told before.
            </p>
          )}
          <ComingSteps steps={forecast.steps} supposed={!fires && forecast.held === null} />
          {forecast.loop && forecast.steps.length > 0 && (
            <p className="faint">
              If nobody has answered then, all of it again {plural(forecast.loop.times, 'time')}, every{' '}
              {spanWords(forecast.loop.every_ms)}.
            </p>
          )}
        </div>
      )}
    </Panel>
  );
}
