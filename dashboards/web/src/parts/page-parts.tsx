import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ApiProblem } from '../api/client.ts';
import { countStates } from '../board/board-rows.ts';
import { useLive } from '../live/live.tsx';

/** The document's title. It tells how many monitors fail, because the tab is often all one sees. */
export function PageTitle({ children }: { children: string }) {
  const failing = useLive((state) => (state.monitors ? countStates(state.monitors.values()).failing : 0));
  return <title>{`${failing > 0 ? `(${failing}) ` : ''}${children} · Ringdown`}</title>;
}

/** The way back up. The last entry is the page itself and no link. */
export function Crumbs({ trail }: { trail: [label: string, href: string][] }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="crumbs">
        {trail.map(([label, href]) => (
          <li key={href}>
            <Link href={href} className="plain">
              {label}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** A section with a heading, as a panel. */
export function Panel(props: { title: string; id: string; aside?: ReactNode; padded?: boolean; children: ReactNode }) {
  return (
    <section className="panel" aria-labelledby={props.id}>
      <div className="section-head">
        <h2 id={props.id}>{props.title}</h2>
        {props.aside}
      </div>
      {props.padded === false ? props.children : <div className="section-body">{props.children}</div>}
    </section>
  );
}

/** Says that nothing is there, and what would fill it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return <p className="loading">Loading {what}…</p>;
}

/** What could not be loaded, why, and a way to try again. */
export function LoadProblem({ problem, retry }: { problem: ApiProblem; retry: () => void }) {
  return (
    <div className="notice problem" role="alert">
      <span>{problem.message}</span>
      <button type="button" className="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** The whole page where the thing itself could not be loaded. */
export function MissingPage({ title, problem, retry }: { title: string; problem: ApiProblem; retry: () => void }) {
  return (
    <div className="page">
      <PageTitle>{title}</PageTitle>
      <h1>{title}</h1>
      <LoadProblem problem={problem} retry={retry} />
      <p>
        <Link href="/">Back to the status board</Link>
      </p>
    </div>
  );
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
