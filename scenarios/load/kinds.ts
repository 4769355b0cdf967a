import { type ActionStep, isParallel, type Scenario, SECTIONS } from '../language/model.ts';
import { Refused } from './refusal.ts';
import { constantOf, entryOf, itemsOf } from './template-parts.ts';

/** Where k6 keeps how long a step of each kind took. A request without an answer took no time, and would make the others look quicker. */
const DURATIONS: Readonly<Record<string, string>> = {
  grpc: 'grpc_req_duration',
  websocket: 'ws_session_duration',
};
const HTTP_DURATION = 'http_req_duration{expected_response:true}';

/** The metric of one step's durations; null for HTTP, whose requests k6 tags by themselves. */
export function durationOf(kind: string): string | null {
  return Object.hasOwn(DURATIONS, kind) ? DURATIONS[kind]! : null;
}

/** The metrics of all durations of a scenario: one for each protocol that it speaks. */
export function durationsOf(scenario: Scenario): string[] {
  const asking = allSteps(scenario).filter(({ kind }) => kind !== 'pause');
  const found = new Set(asking.map(({ kind }) => durationOf(kind) ?? HTTP_DURATION));
  return found.size === 0 ? [HTTP_DURATION] : [...found];
}

export function allSteps(scenario: Scenario): ActionStep[] {
  return SECTIONS.flatMap((section) => scenario[section]).flatMap((step) => (isParallel(step) ? step.steps : [step]));
}

/** What a script can ask of the answers of other protocols than HTTP. */
const FIT: Readonly<Record<string, readonly string[]>> = {
  grpc: ['status', 'header', 'jsonpath', 'duration'],
  websocket: ['status', 'header', 'jsonpath', 'messages', 'duration'],
};

/** @throws Refused where a step asks for what its kind of answer does not have in k6 */
export function refuseUnfit({ kind, expect, warn, repeat, capture }: ActionStep): void {
  const fit = Object.hasOwn(FIT, kind) ? FIT[kind]! : null;
  const judged = [...expect, ...warn, ...(repeat?.until ?? [])];
  if (!fit) {
    if (judged.some((one) => one.kind === 'messages')) throw new Refused('messages of an HTTP answer');
    return;
  }
  const odd = [...judged, ...capture.map(({ from }) => from)].find((one) => !fit.includes(one.kind));
  if (odd) throw new Refused(`${odd.kind} of a ${kind} step`, `it can judge ${fit.join(', ')}`);
  const phases = judged.filter((one) => one.kind === 'duration').flatMap(({ spec }) => itemsOf(spec));
  const part = phases.map((phase) => constantOf(entryOf(phase, 'phase'))).find((phase) => phase !== 'total');
  if (part) throw new Refused(`the duration of ${String(part)} in a ${kind} step`, 'judge the whole duration');
}
