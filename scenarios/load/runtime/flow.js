import { check, group, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Rate } from 'k6/metrics';
import { MISSING } from './conditions.js';
import { answered, orStopped } from './http.js';
import { randomHex } from './randomness.js';
import { enter, scope, TemplateError, values } from './templates.js';

/** Share of iterations in which a step failed. */
export const failedIterations = new Rate('failed_iterations');
/** Share of the times that a step ran and failed; by the tag `step`. */
export const failedSteps = new Rate('failed_steps');

/** What went wrong in a step, besides a check. */
export class StepError extends Error {}
/** Ends the steps of an iteration. */
export class Stopped extends Error {}
/** Ends a step that is not to run. */
export class Skipped extends Error {}

/** Where this iteration stands. */
export const state = { failed: false, stepFailed: false, step: '', cleaning: false, deadline: 0, trace: '' };
const told = new Set();

/** One pass through the scenario. */
export function iteration(body) {
  values.clear();
  scope.entered.clear();
  Object.assign(state, { failed: false, stepFailed: false, step: '', cleaning: false, trace: randomHex(32) });
  try {
    body();
  } catch (error) {
    state.failed = true;
    throw error;
  } finally {
    failedIterations.add(state.failed);
  }
}

/** Steps one after the other, until one fails or the time is up. */
export function steps(milliseconds, body) {
  state.deadline = Date.now() + milliseconds;
  try {
    body();
  } catch (error) {
    if (!(error instanceof Stopped) && !(error instanceof TemplateError)) throw error;
    if (error instanceof TemplateError) tell(error.message);
    state.failed = true;
  }
}

/** Steps that also run after a failure. One whose captures are missing is skipped. */
export function cleanUp(milliseconds, body) {
  state.deadline = Date.now() + milliseconds;
  state.cleaning = true;
  body();
}

/** Runs one step; everything that k6 measures meanwhile carries its name as the tag `step`. */
export function step(name, body, parameters = null, begun = false) {
  const { tags } = exec.vu.metrics;
  Object.assign(state, { step: name, stepFailed: false });
  tags.step = stepTag(name);
  let ran = true;
  try {
    if (timeLeft() <= 0 && !begun) {
      if (state.cleaning) throw new Skipped('no time was left');
      throw new StepError('the time of the attempt was up before this step began');
    }
    enter(parameters);
    group(plainName(name), body);
  } catch (error) {
    const missing = error instanceof TemplateError && error.undefinedName && state.cleaning;
    ran = !(missing || error instanceof Skipped);
    if (ran) {
      const known = error instanceof TemplateError || error instanceof StepError;
      fail(known ? error.message : String(error));
      if (!known) throw error;
    }
  } finally {
    if (ran) failedSteps.add(state.stepFailed);
    delete tags.step;
    scope.current = null;
  }
  if (!state.stepFailed) return;
  state.failed = true;
  if (!state.cleaning) throw new Stopped(name);
}

/** The name of a step as the value of a tag: k6 reads a comma there as the beginning of another tag. */
export function stepTag(name) {
  return name.replace(/[,"'{}]/g, ' ').trim();
}

/** A name without the `::` by which k6 tells groups apart. */
export function plainName(name) {
  return name.includes('::') ? name.replace(/::/g, ': :') : name;
}

/** What must hold, by what it says; otherwise the step has failed. */
export function expect(checks) {
  for (const [name, judge] of Object.entries(checks)) {
    const passed = attempt(judge, false);
    // A template without a value: there is nothing to compare with, here and below.
    if (passed instanceof TemplateError) return fail(passed.message);
    if (!verdict(name, passed)) fail(`does not hold: ${name}`);
  }
}

/** What should hold: a check that fails no step. */
export function warn(checks) {
  for (const [name, judge] of Object.entries(checks)) verdict(`warning: ${name}`, attempt(judge, false) === true);
}

/** Keeps values for later steps. After a failed check nothing is demanded, but what is there may help to clean up. */
export function capture(sources) {
  const demanded = !state.stepFailed;
  for (const [name, read] of Object.entries(sources)) {
    const value = attempt(read, MISSING);
    if (value !== MISSING) values.set(name, value);
    if (demanded && !verdict(`${name} can be captured`, value !== MISSING)) fail(`${name} cannot be captured`);
  }
}

function verdict(name, passed) {
  check(null, { [plainName(name)]: () => passed });
  return passed;
}

/** What cannot be read did not hold, and is not there. A template without a value is given back as its error. */
function attempt(read, otherwise) {
  try {
    return read();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    if (error instanceof StepError) return otherwise;
    throw error;
  }
}

function fail(message) {
  state.stepFailed = true;
  tell(`${state.step}: ${message}`);
}

/** Says why something failed, the same thing once only per virtual user. */
function tell(message) {
  if (!told.has(message)) console.error(message);
  told.add(message);
}

/** Whether all of it holds, without any verdict. */
export function fits(checks) {
  return Object.values(checks).every((judge) => {
    const passed = attempt(judge, false);
    if (passed instanceof TemplateError) throw passed;
    return passed;
  });
}

/** What was to come and did not: a check that failed. */
export function lost(message) {
  verdict(message, false);
  fail(message);
}

/** Waits, but not past the time of the attempt. */
export function pause(milliseconds) {
  const left = timeLeft();
  sleep(Math.max(0, Math.min(milliseconds, left)) / 1000);
  if (milliseconds > left) throw new StepError('the time of the attempt was up before the pause was over');
}

/** Runs the step only when this holds. */
export function onlyIf(condition) {
  let holding;
  try {
    holding = condition();
  } catch (error) {
    throw error instanceof TemplateError ? new StepError(error.message) : error;
  }
  if (!holding) throw new Skipped('if');
}

/** Asks again and again until all of it holds. What fails on the way is a try that did not reach it; the last one counts. */
export function repeat({ every, atMost, timeout = Number.POSITIVE_INFINITY }, ask, until) {
  const { deadline } = state;
  state.deadline = Math.min(deadline, Date.now() + timeout);
  try {
    for (let tries = 1; ; tries++) {
      let answer = null;
      /** @type {Error | null} */
      let error = null;
      try {
        answer = ask();
      } catch (thrown) {
        if (!(thrown instanceof StepError)) throw thrown;
        error = thrown;
      }
      const reached = answer && Object.values(until(answer)).every((judge) => attempt(judge, false) === true);
      if (!reached && tries < atMost && timeLeft() > 0) {
        sleep(Math.max(0, Math.min(every, timeLeft())) / 1000);
        if (timeLeft() > 0) continue;
      }
      if (error) throw error;
      expect(until(answer));
      return answer;
    }
  } finally {
    state.deadline = deadline;
  }
}

/** The value of a name, or MISSING where nothing has made it. */
export function found(value) {
  try {
    return value();
  } catch (error) {
    if (error instanceof TemplateError && error.undefinedName) return MISSING;
    throw error;
  }
}

/** Milliseconds until the time of the attempt is up. */
export function timeLeft() {
  return state.deadline - Date.now();
}

/** Thresholds that ask for nothing: what has one is shown by itself in the summary. */
export function figuresOfEachStep() {
  const figures = (step) => [
    `http_reqs{step:${step}}`,
    `http_req_duration{step:${step},expected_response:true}`,
    `failed_steps{step:${step}}`,
  ];
  return Object.fromEntries(STEPS.flatMap((name) => figures(stepTag(name)).map((figure) => [figure, []])));
}

/** The same for steps that are no HTTP requests. */
export function figuresOf(metric, names) {
  return Object.fromEntries(names.map((name) => [`${metric}{step:${stepTag(name)}}`, []]));
}

/** The value of an environment variable: k6 run -e NAME=value */
export function needed(name) {
  if (__ENV[name] === undefined) throw new Error(`set ${name}: k6 run -e ${name}=…`);
  return __ENV[name];
}

/** Steps that are sent at the same time, and judged one after the other when all have been answered. */
export function parallel(members, condition = () => true, parameters = null) {
  let made;
  try {
    enter(parameters);
    if (!condition()) return;
    made = members.map(([name, make, own = null]) => prepared(name, make, own));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    made = members.map(([name]) => ({ name, error }));
  } finally {
    scope.current = null;
  }
  const asked = made.filter(({ request }) => request);
  try {
    const answers = orStopped(() => http.batch(asked.map(({ request }) => request)));
    asked.forEach((member, index) => {
      member.answer = answers[index];
    });
  } catch (error) {
    for (const member of asked) member.error = error;
  }
  /** @type {Error | null} */
  let stopped = null;
  for (const { name, parameters: own = null, request, judge, error, answer } of made) {
    const conclude = () => {
      if (error) throw error;
      judge(answered(answer, request));
    };
    try {
      step(name, conclude, own, true);
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown;
      stopped = thrown;
    }
  }
  if (stopped) throw stopped;
}

/** The request of a member of a group, or why it cannot be made. */
function prepared(name, make, parameters) {
  try {
    enter(parameters);
    const [request, judge] = make();
    request.params.tags.step = stepTag(name);
    return { name, parameters, request, judge };
  } catch (error) {
    return { name, parameters, error };
  } finally {
    scope.current = null;
  }
}
