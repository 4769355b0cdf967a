import { parseDuration, parsePercent } from '../../core/units.ts';
import { assertionKind } from '../engine/assertions/registry.ts';
import type { Files } from '../engine/files.ts';
import { protocolsNamedIn } from '../engine/protocols/registry.ts';
import type { ActionStep, Capture, Expectation, Load, Scenario, Schedule } from './model.ts';
import type { WrittenScenario, WrittenStep } from './schema.ts';
import { template } from './template.ts';
import { entriesOf } from './written.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_RETRY_DELAY_MS = 1_000;

/** Turns a checked file into the scenario that runs. */
export function buildScenario(written: WrittenScenario, file: string, files: Files): Scenario {
  return {
    id: written.id,
    name: written.name,
    service: written.service,
    owner: written.owner ?? null,
    runbook: written.runbook ?? null,
    tags: written.tags ?? [],
    file,
    schedule: written.schedule ? buildSchedule(written.schedule) : null,
    timeoutMs: milliseconds(written.timeout) ?? DEFAULT_TIMEOUT_MS,
    retry: { times: written.retry?.times ?? 0, delayMs: milliseconds(written.retry?.delay) ?? DEFAULT_RETRY_DELAY_MS },
    variables: namedTemplates(written.variables),
    environments: null,
    connection: null,
    cookies: true,
    seed: null,
    secrets: written.secrets ?? [],
    data: null,
    before: [],
    after: [],
    dependsOn: [],
    steps: written.steps.map((step) => buildStep(step, files)),
    always: (written.always ?? []).map((step) => buildStep(step, files)),
    load: written.load ? buildLoad(written.load) : null,
    slo: written.slo
      ? { objective: parsePercent(written.slo.objective)!, windowMs: milliseconds(written.slo.window)! }
      : null,
    alert: written.alert ?? null,
    quarantine: written.quarantine ?? null,
  };
}

function buildSchedule(written: NonNullable<WrittenScenario['schedule']>): Schedule {
  const jitter = written.jitter === undefined ? null : parsePercent(written.jitter)!;
  const whileFailingMs = milliseconds(written.while_failing) ?? null;
  return written.cron === undefined
    ? { kind: 'every', everyMs: milliseconds(written.every)!, jitter, whileFailingMs }
    : { kind: 'cron', cron: written.cron, timezone: written.timezone ?? 'UTC', jitter, whileFailingMs };
}

function buildStep(written: WrittenStep, files: Files): ActionStep {
  const [protocol] = protocolsNamedIn(written);
  const { kind, defaultExpect, compile } = protocol!;
  const expect = buildExpectations(written.expect, files);
  const said = new Set(expect.map((expectation) => expectation.kind));
  return {
    kind,
    name: written.name,
    parameters: null,
    if: null,
    repeat: null,
    connection: null,
    timeoutMs: milliseconds(written.timeout) ?? null,
    spec: compile(written, files),
    expect: [
      ...buildExpectations(defaultExpect, files).filter((expectation) => !said.has(expectation.kind)),
      ...expect,
    ],
    warn: buildExpectations(written.warn, files),
    capture: Object.entries(written.capture ?? {}).map(([name, source]) => buildCapture(name, source)),
  };
}

function buildExpectations(written: object | undefined, files: Files): Expectation[] {
  return entriesOf(written).map(([key, spec]) => {
    const { kind, normalize } = assertionKind(key)!;
    return { kind, spec: template(normalize(spec, files)) };
  });
}

type WrittenCapture = NonNullable<WrittenStep['capture']>[string];

function buildCapture(name: string, written: WrittenCapture): Capture {
  if (typeof written === 'string') return { name, from: { kind: 'jsonpath', spec: written }, secret: false };
  const { secret = false, ...sources } = written;
  const [[kind, spec]] = Object.entries(sources) as [[string, unknown]];
  return { name, from: { kind, spec }, secret };
}

function buildLoad(written: NonNullable<WrittenScenario['load']>): Load {
  return {
    phases: written.phases.map((phase) => ({
      durationMs: milliseconds(phase.duration)!,
      arrivalRate: phase.arrival_rate,
    })),
    thresholds: entriesOf(written.thresholds).map(([metric, limits]) => ({
      metric,
      condition: Object.fromEntries(
        entriesOf(limits).map(([operator, limit]) => [
          operator,
          parseDuration(String(limit)) ?? parsePercent(String(limit))!,
        ]),
      ),
    })),
  };
}

function namedTemplates(written: object | undefined) {
  return entriesOf(written).map(([name, value]) => ({ name, value: template(value) }));
}

function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}
