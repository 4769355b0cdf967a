import { useEffect, useRef, useState } from 'react';
import type { RunResult, ScenarioDiagnostic } from '../../../../control/resources.ts';
import { ApiProblem, api } from '../api/client.ts';
import { Panel } from '../parts/page-parts.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { AttemptView } from '../run/attempt-view.tsx';
import { verdictOf } from '../run/verdict.ts';
import '../run/run-page.css';

interface TryPanelProps {
  path: string;
  text: string;
  environment: string;
  mistakes: number;
  onMistakes(diagnostics: ScenarioDiagnostic[]): void;
}

type Tried =
  | { is: 'idle' }
  | { is: 'running' }
  | { is: 'done'; run: RunResult; text: string }
  | { is: 'refused'; why: string };

/** Runs the text as it stands here, saved or not. The run is kept nowhere and pages nobody. */
export function TryPanel({ path, text, environment, mistakes, onMistakes }: TryPanelProps) {
  const [tried, setTried] = useState<Tried>({ is: 'idle' });
  const under = useRef<AbortController>(null);
  useEffect(() => () => under.current?.abort(), []);

  const start = () => {
    const abort = new AbortController();
    under.current = abort;
    setTried({ is: 'running' });
    api<RunResult>(`${path}/try`, { method: 'POST', body: { text, environment }, signal: abort.signal }).then(
      (run) => setTried({ is: 'done', run, text }),
      (error: unknown) => {
        if (abort.signal.aborted) return setTried({ is: 'idle' });
        if (error instanceof ApiProblem && error.diagnostics) onMistakes(error.diagnostics);
        setTried({ is: 'refused', why: (error as Error).message });
      },
    );
  };

  const attempt = tried.is === 'done' ? tried.run.attempts.at(-1) : undefined;
  return (
    <Panel
      title="Try it"
      id="try"
      padded={false}
      aside={
        tried.is === 'running' ? (
          <button type="button" className="button" onClick={() => under.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" className="button" onClick={start} disabled={mistakes > 0}>
            Try in {environment}
          </button>
        )
      }
    >
      <div className="section-body" role="status">
        {tried.is === 'idle' && (
          <p className="soft">
            Runs this text once against {environment}, saved or not, without retries. The run is kept nowhere and rings
            nobody.
          </p>
        )}
        {tried.is === 'running' && <p>Running…</p>}
        {tried.is === 'refused' && <p>{tried.why}</p>}
        {tried.is === 'done' && (
          <p className="try-verdict">
            <StateMark state={verdictOf(tried.run).tone} hideLabel /> <strong>{verdictOf(tried.run).words}</strong>
            {tried.text !== text && <span className="soft"> The text has changed since.</span>}
          </p>
        )}
      </div>
      {attempt && tried.is === 'done' && <AttemptView key={tried.run.id} attempt={attempt} />}
    </Panel>
  );
}
