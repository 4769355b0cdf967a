import { parseDuration, parsePercent } from '../../core/units.ts';
import { normalizeCondition } from '../engine/assertions/condition.ts';
import { protocolsNamedIn } from '../engine/protocols/registry.ts';
import { compileCaptures } from './captures.ts';
import { compileConnection } from './connection.ts';
import type { Include, PlacedStep } from './expand.ts';
import { compileExpectations } from './expectations.ts';
import type { ActionStep, Decision, Load, Parameters, Repeat, Scenario, Schedule, Section, Step } from './model.ts';
import type { WrittenScenario, WrittenStep } from './schema.ts';
import type { SourceFiles } from './source-files.ts';
import { type Template, template } from './template.ts';
import { entriesOf, isMapping } from './written.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_RETRY_DELAY_MS = 1_000;
const DEFAULT_REPEAT_MS = 1_000;

export interface Sources {
  readonly file: string;
  readonly files: SourceFiles;
  readonly sections: Readonly<Record<Section, readonly PlacedStep[]>>;
  readonly rows: readonly Template[] | null;
}

/** Turns a checked file into the scenario that runs. */
export function buildScenario(written: WrittenScenario, { file, files, sections, rows }: Sources): Scenario {
  const steps = new StepBuilder();
  return {
    id: written.id,
    name: written.name,
    service: written.service,
    owner: written.owner ?? null,
    runbook: written.runbook ?? null,
    tags: written.tags ?? [],
    file,
    environments: written.environments ?? null,
    locations: written.locations ?? null,
    schedule: written.schedule ? buildSchedule(written.schedule) : null,
    timeoutMs: milliseconds(written.timeout) ?? DEFAULT_TIMEOUT_MS,
    retry: { times: written.retry?.times ?? 0, delayMs: milliseconds(written.retry?.delay) ?? DEFAULT_RETRY_DELAY_MS },
    connection: compileConnection(written.connection, files),
    cookies: written.cookies ?? true,
    seed: written.seed ?? null,
    variables: namedTemplates(written.variables),
    secrets: written.secrets ?? [],
    data: rows,
    before: sections.before.map((step) => steps.step(step)),
    steps: sections.steps.map((step) => steps.step(step)),
    after: sections.after.map((step) => steps.step(step)),
    always: sections.always.map((step) => steps.step(step)),
    dependsOn: written.depends_on ?? [],
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

class StepBuilder {
  /** Steps of one include share its parameters. */
  readonly #parameters = new Map<Include, Parameters>();

  step(placed: PlacedStep): Step {
    if (!placed.group) return this.#action(placed);
    const written = placed.written as WrittenStep;
    return {
      kind: 'parallel',
      name: placed.name!,
      parameters: this.#parametersOf(placed.include),
      if: buildDecision(written.if),
      steps: placed.group.map((step) => this.#action(step)),
    };
  }

  #action({ written: fields, name, files, include }: PlacedStep): ActionStep {
    const written = fields as WrittenStep;
    const [protocol] = protocolsNamedIn(written);
    const { kind, defaultExpect, compile } = protocol!;
    const expect = compileExpectations(written.expect, files);
    const said = new Set(expect.map((expectation) => expectation.kind));
    const byDefault = compileExpectations(defaultExpect, files).filter((expectation) => !said.has(expectation.kind));
    return {
      kind,
      name: name!,
      parameters: this.#parametersOf(include),
      if: buildDecision(written.if),
      repeat: buildRepeat(written.repeat, files),
      connection: compileConnection(written.connection, files),
      timeoutMs: milliseconds(written.timeout) ?? null,
      spec: compile(written, files),
      expect: [...byDefault, ...expect],
      warn: compileExpectations(written.warn, files),
      capture: compileCaptures(written.capture),
    };
  }

  #parametersOf(include: Include | null): Parameters | null {
    if (!include) return null;
    let made = this.#parameters.get(include);
    if (!made) {
      const values = include.parameters.map(({ name, value }) => ({ name, value: template(value) }));
      made = { outer: this.#parametersOf(include.outer), values };
      this.#parameters.set(include, made);
    }
    return made;
  }
}

function buildDecision(written: WrittenStep['if']): Decision | null {
  if (!isMapping(written)) return null;
  const { value, ...condition } = written;
  return { value: template(value), condition: template(normalizeCondition(condition)) };
}

function buildRepeat(written: WrittenStep['repeat'], files: SourceFiles): Repeat | null {
  if (!written) return null;
  return {
    until: compileExpectations(written.until, files),
    everyMs: milliseconds(written.every) ?? DEFAULT_REPEAT_MS,
    atMost: written.at_most,
  };
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
