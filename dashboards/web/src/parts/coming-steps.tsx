import { Link } from 'wouter';
import type { ComingCall, ComingStep } from '../../../../control/resources.ts';
import { callsByTime, callWords } from '../rules/rule-words.ts';
import { Time } from '../time/times.tsx';
import { spanWords } from '../time/words.ts';
import './coming-steps.css';

/** Who is told, and when, if nobody answers. @param supposed nothing has happened: what is due now would be told at once */
export function ComingSteps({ steps, supposed }: { steps: ComingStep[]; supposed: boolean }) {
  return (
    <ol className="coming-steps">
      {steps.map((step) => (
        <li key={`${step.step} ${step.again} ${step.at} ${step.calls[0]?.channel}`}>
          {callsByTime(step).map(({ at, calls }, index) => (
            <p key={at ?? 'unknown'}>
              <span className="coming-when">
                <When at={at} first={supposed && step.step === 1 && index === 0} />
              </span>
              <span>
                {calls.map((call, index) => (
                  <span key={call.channel}>
                    {index > 0 && ', '}
                    <Call call={call} />
                  </span>
                ))}
                {step.again && <span className="faint"> again</span>}
              </span>
            </p>
          ))}
          {step.everyone && (
            <p className="coming-note">
              {step.nobody.join(', ')} {step.nobody.length === 1 ? 'comes' : 'come'} to nobody then, so everyone is
              told.
            </p>
          )}
          {!step.everyone && step.nobody.length > 0 && (
            <p className="coming-note">Nobody then for {step.nobody.join(', ')}.</p>
          )}
          {step.repeat_every_ms !== null && (
            <p className="faint">and again every {spanWords(step.repeat_every_ms)} until somebody acknowledges</p>
          )}
        </li>
      ))}
    </ol>
  );
}

function When({ at, first }: { at: string | null; first: boolean }) {
  if (at === null) return <>when it is over</>;
  if (first && Date.parse(at) - Date.now() < 5_000) return <>at once</>;
  return (
    <>
      <Time at={at} as="until" />{' '}
      <span className="faint">
        (<Time at={at} as="clock" />)
      </span>
    </>
  );
}

function Call({ call }: { call: ComingCall }) {
  return (
    <>
      <strong>
        <bdi>{callWords(call)}</bdi>
      </strong>
      {call.on_call && (
        <span className="soft">
          {' '}
          (<Link href="/on-call">{call.on_call.name}</Link>
          {call.on_call.until && (
            <>
              {' '}
              until <Time at={call.on_call.until} as="clock" />
            </>
          )}
          )
        </span>
      )}
    </>
  );
}
