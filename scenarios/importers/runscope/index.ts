import { isMapping, listOf, type Mapping } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft, StepDraft } from '../draft.ts';
import { ForeignVariables } from '../handlebars.ts';
import { type Importer, refusal } from '../importer.ts';
import { oneLine } from '../names.ts';
import { Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { readStructure } from '../structure.ts';
import { runscopeSteps } from './step.ts';

/** Tests of Runscope, now BlazeMeter API Monitoring, as it exports them (JSON). */
export const importer: Importer = {
  format: 'runscope',
  reads: 'a test of Runscope or BlazeMeter API Monitoring (JSON export)',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    const tests = (
      Array.isArray(root)
        ? root
        : isMapping(root) && Array.isArray(root.tests)
          ? root.tests
          : [isMapping(root) && isMapping(root.data) ? root.data : root]
    ).filter((test): test is Mapping => isMapping(test) && Array.isArray(test.steps));
    if (tests.length === 0)
      return refusal('it is no test: "steps" is missing', 'export the test as JSON: Editor → Export');
    const omissions: Omission[] = [];
    const baseUrls = new Set<string>();
    const drafts = tests.map((test): ScenarioDraft => {
      const name = oneLine(String(test.name ?? '')) || 'Runscope test';
      const known = initialVariables(test);
      const base = new BaseUrl(requestsOf(test.steps).map(({ url }) => filled(String(url ?? ''), known)));
      if (base.url) baseUrls.add(base.url);
      for (const other of base.others) baseUrls.add(other);
      const service = options.service ?? serviceOf(base.url) ?? name;
      const secrets = new Secrets(service);
      const variables = new ForeignVariables(secrets, known, generator);
      const own: Omission[] = [];
      const steps: StepDraft[] = runscopeSteps(test.steps, {
        base,
        secrets,
        variables,
        omissions: own,
        fill: (url) => filled(url, known),
      }).slice(0, MOST_STEPS);
      for (const missing of variables.withoutValue)
        own.push({
          item: name,
          what: `the value of {{${missing}}}`,
          why: 'no environment in the export has it',
          instead: 'set it under "variables"',
        });
      for (const environment of listOf(test.environments).filter(isMapping))
        for (const [key, thing] of [
          ['integrations', 'integrations'],
          ['emails', 'e-mail notifications'],
          ['regions', 'regions'],
          ['remote_agents', 'agents'],
          ['script', 'its initial script'],
        ] as const) {
          const value = environment[key];
          const there = Array.isArray(value)
            ? value.length > 0
            : key === 'emails'
              ? isMapping(value) && value.notify_all === true
              : typeof value === 'string' && value.trim() !== '';
          if (there)
            own.push({
              item: `environment ${String(environment.name ?? '')}`,
              what: thing,
              why: key === 'script' ? 'it is a script' : 'it is no part of a scenario',
              instead:
                key === 'script'
                  ? 'write what it does as variables or steps'
                  : 'write channels, policies and environments in ringdown.yaml',
            });
        }
      const [schedule] = listOf(test.schedules).filter(isMapping);
      const every = /^(\d+)([mhd])$/.exec(String(schedule?.interval ?? ''))?.[0];
      return {
        name,
        service,
        settings: {
          ...(every ? { schedule: { every } } : {}),
          ...(steps.length > 10 ? { timeout: `${Math.min(600, steps.length * 3)}s` } : {}),
        },
        variables: secrets.replace(variables.variables),
        steps: secrets.replace(steps),
        omissions: own.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
      };
    });
    return { scenarios: drafts, omissions, baseUrls: [...baseUrls] };
  },
};

function initialVariables(test: Mapping): Map<string, string> {
  const known = new Map<string, string>();
  for (const environment of listOf(test.environments).filter(isMapping).reverse())
    for (const [name, value] of Object.entries(
      isMapping(environment.initial_variables) ? environment.initial_variables : {},
    ))
      known.set(name, String(value ?? ''));
  return known;
}

function requestsOf(steps: unknown): Mapping[] {
  return listOf(steps)
    .filter(isMapping)
    .flatMap((step) => [...(step.url === undefined ? [] : [step]), ...requestsOf(step.steps)]);
}

/** The address that a URL begins with, where a variable holds it. */
function filled(url: string, known: ReadonlyMap<string, string>): string {
  return url.replace(/^(https?:\/\/)?\{\{([^{}]+)\}\}/, (whole, scheme: string | undefined, name: string) => {
    const value = known.get(name.trim());
    return value === undefined ? whole : `${/^https?:/.test(value) ? '' : (scheme ?? '')}${value}`;
  });
}

/** Built-in functions (BlazeMeter's guide to API Monitoring, "Built-in Variables and Functions"). */
function generator(written: string): string | undefined {
  const [, name = '', args = ''] = /^(\w+)(?:\(([^)]*)\))?$/.exec(written) ?? [];
  switch (name) {
    case 'uuid':
      return '$uuid';
    case 'timestamp':
      return '$timestamp';
    case 'utc_datetime':
      return '$now';
    case 'random_int':
      return args === '' ? '$random_int' : `$random_int(${args})`;
    case 'random_string':
      return args === '' ? '$random_string' : `$random_string(${args})`;
    default:
      return undefined;
  }
}
