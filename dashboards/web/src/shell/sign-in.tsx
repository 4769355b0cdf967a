import { type FormEvent, useState } from 'react';
import { ApiProblem, api } from '../api/client.ts';
import { Logo } from './logo.tsx';

/** Asks for the token; the link that `npx ringdown token` prints does the same without typing. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const refused = new URLSearchParams(window.location.search).get('sign_in') === 'refused';
  const [error, setError] = useState(refused ? 'That sign-in link is not valid for this watcher any more.' : '');
  const [busy, setBusy] = useState(false);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '').trim();
    if (!token) {
      setError('The token is missing.');
      return;
    }
    setBusy(true);
    api('/api/v1/session', { method: 'POST', body: { token } }).then(
      () => {
        if (refused) window.history.replaceState(null, '', window.location.pathname);
        onSignedIn();
      },
      (problem: unknown) => {
        setBusy(false);
        const wrong = problem instanceof ApiProblem && problem.status === 401;
        setError(wrong ? 'This is not the token of this watcher.' : (problem as Error).message);
      },
    );
  };

  return (
    <main className="panel sign-in">
      <title>Sign in · Ringdown</title>
      <span className="brand">
        <Logo />
        Ringdown
      </span>
      <h1>Sign in</h1>
      <p className="soft">
        On the machine that runs the watcher, <code>npx ringdown token</code> prints a link that signs you in, and the
        token itself.
      </p>
      <form onSubmit={submit}>
        <label htmlFor="token">Token</label>
        <input
          className="field mono"
          id="token"
          name="token"
          type="password"
          autoComplete="current-password"
          aria-describedby={error ? 'sign-in-error' : undefined}
          aria-invalid={error !== ''}
        />
        <p className="form-error" id="sign-in-error" role="alert">
          {error}
        </p>
        <button className="button primary" type="submit" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}
