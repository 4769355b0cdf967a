import { useCallback, useEffect, useState } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import type { Session } from '../../../../control/resources.ts';
import { ApiProblem, api, onSignedOut } from '../api/client.ts';
import { forgetResources } from '../api/use-resource.ts';
import { BackendsPage } from '../backends/backends-page.tsx';
import { StatusBoard } from '../board/status-board.tsx';
import { IncidentPage } from '../incidents/incident-page.tsx';
import { IncidentsPage } from '../incidents/incidents-page.tsx';
import { LiveProvider } from '../live/live.tsx';
import { MonitorPage } from '../monitor/monitor-page.tsx';
import { OnCallPage } from '../on-call/on-call-page.tsx';
import { RulePage } from '../rules/rule-page.tsx';
import { RulesPage } from '../rules/rules-page.tsx';
import { RunPage } from '../run/run-page.tsx';
import { ScenarioPage } from '../scenario/scenario-route.tsx';
import { SilencesPage } from '../silences/silences-page.tsx';
import { TelemetryPage } from '../telemetry/telemetry-page.tsx';
import { TracePage } from '../trace/trace-page.tsx';
import { WorkersPage } from '../workers/workers-page.tsx';
import { NotFound } from './not-found.tsx';
import { SessionContext } from './session.ts';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { rememberWantedPage, takeWantedPage } from './wanted-page.ts';

type State = { is: 'asking' } | { is: 'signed_out' } | { is: 'unreachable' } | { is: 'signed_in'; session: Session };

/** Everything behind the sign-in. */
export function App() {
  const [state, setState] = useState<State>({ is: 'asking' });
  const [location, navigate] = useLocation();

  const ask = useCallback(() => {
    api<Session>('/api/v1/session').then(
      (session) => setState({ is: 'signed_in', session }),
      (error: unknown) =>
        setState({ is: error instanceof ApiProblem && error.status === 401 ? 'signed_out' : 'unreachable' }),
    );
  }, []);

  useEffect(() => {
    onSignedOut(() => {
      forgetResources();
      setState({ is: 'signed_out' });
    });
    ask();
  }, [ask]);

  useEffect(() => {
    if (state.is === 'signed_out') rememberWantedPage(location + window.location.search, Date.now());
    if (state.is !== 'signed_in') return;
    const wanted = takeWantedPage(Date.now());
    if (wanted && location === '/') navigate(wanted, { replace: true });
  }, [state.is, location, navigate]);

  // The first load has nothing old to show: keep asking, so that the page comes up by itself with the watcher.
  useEffect(() => {
    if (state.is !== 'unreachable') return;
    const timer = window.setTimeout(ask, 3_000);
    return () => clearTimeout(timer);
  }, [state, ask]);

  if (state.is === 'asking') return <title>Ringdown</title>;
  if (state.is === 'unreachable') {
    return (
      <main className="panel sign-in">
        <title>No answer · Ringdown</title>
        <h1>The watcher does not answer</h1>
        <p role="status">
          This page asks again every 3 seconds. It says nothing about the services that the watcher watches.
        </p>
      </main>
    );
  }
  if (state.is === 'signed_out') return <SignIn onSignedIn={ask} />;
  return (
    <SessionContext value={state.session}>
      <LiveProvider>
        <Shell>
          <Switch>
            <Route path="/" component={StatusBoard} />
            <Route path="/monitors/:key/scenario">{({ key }) => <ScenarioPage key={key} monitorKey={key} />}</Route>
            <Route path="/monitors/:key">{({ key }) => <MonitorPage key={key} monitorKey={key} />}</Route>
            <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
            <Route path="/incidents" component={IncidentsPage} />
            <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={id} />}</Route>
            <Route path="/rules" component={RulesPage} />
            <Route path="/rules/:policy/:rule">
              {({ policy, rule }) => <RulePage key={`${policy}/${rule}`} policy={policy} rule={rule} />}
            </Route>
            <Route path="/on-call" component={OnCallPage} />
            <Route path="/silences" component={SilencesPage} />
            <Route path="/traces/:trace_id">{({ trace_id }) => <TracePage key={trace_id} traceId={trace_id} />}</Route>
            <Route path="/telemetry/:view?">{({ view }) => <TelemetryPage view={view ?? 'routes'} />}</Route>
            <Route path="/backends" component={BackendsPage} />
            <Route path="/workers" component={WorkersPage} />
            <Route component={NotFound} />
          </Switch>
        </Shell>
      </LiveProvider>
    </SessionContext>
  );
}
