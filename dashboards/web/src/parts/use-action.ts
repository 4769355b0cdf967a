import { useState } from 'react';

interface Action {
  busy: boolean;
  /** Why the last one was refused; empty otherwise. */
  error: string;
  /** Does one thing at a time, and hands on what came of it. */
  act<Answer>(ask: Promise<Answer>, done: (answer: Answer) => void): void;
  clear(): void;
}

/** A change that somebody asks the watcher for: under way, refused, or done. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  return {
    busy,
    error,
    act(ask, done) {
      setBusy(true);
      setError('');
      ask.then(
        (answer) => {
          setBusy(false);
          done(answer);
        },
        (problem: Error) => {
          setBusy(false);
          setError(problem.message);
        },
      );
    },
    clear: () => setError(''),
  };
}
