import { isMapping, listOf } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft, StepDraft } from '../draft.ts';
import { ForeignVariables } from '../handlebars.ts';
import { type Importer, refusal } from '../importer.ts';
import { oneLine } from '../names.ts';
import { Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { readStructure } from '../structure.ts';
import { stepCiStep } from './step.ts';

/** What is read, or told apart from the rest. */
const KNOWN = ['version', 'name', 'env', 'config', 'tests', 'before', 'after', 'components', 'include'];

/** Workflows of Step CI (https://docs.stepci.com): each test becomes a scenario. */
export const importer: Importer = {
  format: 'step-ci',
  reads: 'a workflow of Step CI (YAML)',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    if (!isMapping(root) || !isMapping(root.tests))
      return refusal('it has no "tests"', 'a workflow of Step CI begins with version, name and tests');
    const title = oneLine(String(root.name ?? '')) || 'workflow';
    const env = new Map(
      Object.entries(isMapping(root.env) ? root.env : {}).map(([key, value]) => [`env.${key}`, String(value)]),
    );
    const http = isMapping(root.config) && isMapping(root.config.http) ? root.config.http : {};
    const prefix = String(http.baseURL ?? '');
    const fill = (url: string) =>
      (/^https?:|^\$\{\{/.test(url) ? url : `${prefix}${url}`).replace(
        /^(https?:\/\/)?\$\{\{\s*([^{}]+?)\s*\}\}/,
        (whole, scheme: string | undefined, name: string) => {
          const value = env.get(name);
          return value === undefined ? whole : `${/^https?:/.test(value) ? '' : (scheme ?? '')}${value}`;
        },
      );
    const sections = [root.before, ...Object.values(root.tests), root.after].filter(isMapping);
    const urls = sections.flatMap(({ steps }) =>
      listOf(steps).flatMap((step) =>
        isMapping(step) && isMapping(step.http) ? [fill(String(step.http.url ?? ''))] : [],
      ),
    );
    const base = new BaseUrl(urls);
    const service = options.service ?? serviceOf(base.url) ?? title;
    const omissions: Omission[] = [];
    for (const key of ['components', 'include'])
      if (root[key] !== undefined)
        omissions.push({
          item: title,
          what: key,
          why: 'it is not carried over',
          instead:
            key === 'include'
              ? 'import the other workflow too, or write a fragment and "include" it'
              : 'write schemas to files, and credentials as secrets',
        });
    const unknown = [
      ...Object.keys(root).filter((key) => !KNOWN.includes(key)),
      ...Object.entries(isMapping(root.config) ? root.config : {}).flatMap(([key, value]) =>
        key === 'http' && isMapping(value)
          ? Object.keys(value).flatMap((inner) => (inner === 'baseURL' ? [] : [`config.http.${inner}`]))
          : [`config.${key}`],
      ),
    ];
    for (const what of unknown)
      omissions.push({
        item: title,
        what,
        why: 'it is not carried over',
        instead:
          what === 'config.loadTest' ? 'write "load" into the scenarios' : 'see docs/scenarios.md for what is alike',
      });
    const drafts = Object.entries(root.tests).flatMap(([id, test]): ScenarioDraft[] => {
      if (!isMapping(test)) return [];
      const secrets = new Secrets(service);
      const variables = new ForeignVariables(
        secrets,
        new Map([
          ...env,
          ...Object.entries(isMapping(test.env) ? test.env : {}).map(
            ([key, value]) => [`env.${key}`, String(value)] as const,
          ),
        ]),
        generator,
      );
      const own: Omission[] = [];
      const read = (section: unknown): StepDraft[] =>
        (isMapping(section) ? listOf(section.steps) : []).filter(isMapping).flatMap((step) => {
          const made = stepCiStep(step, { base, secrets, variables, fill, source });
          if ('name' in made) return [made];
          own.push(...made.lost);
          return [];
        });
      const before = read(root.before);
      const steps = read(test).slice(0, MOST_STEPS);
      const after = read(root.after);
      if (isMapping(test.testdata))
        own.push({
          item: id,
          what: 'testdata',
          why: 'it stands in the workflow',
          instead: 'save it as a CSV file and write "data: { file: ./… }"',
        });
      for (const missing of variables.withoutValue)
        own.push({
          item: id,
          what: `the value of ${missing}`,
          why: 'the workflow does not have it',
          instead: 'set it under "variables"',
        });
      const named = oneLine(String(test.name ?? id));
      return [
        {
          name: named === title ? title : `${title}: ${named}`,
          service,
          settings: steps.length > 10 ? { timeout: `${Math.min(600, steps.length * 3)}s` } : {},
          variables: secrets.replace(variables.variables),
          ...(before.length > 0 ? { before: secrets.replace(before) } : {}),
          steps: secrets.replace(steps),
          ...(after.length > 0 ? { always: secrets.replace(after) } : {}),
          omissions: own.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
        },
      ];
    });
    return { scenarios: drafts, omissions, baseUrls: base.url ? [base.url, ...base.others] : [] };
  },
};

/** `${{ internet.email }}`: names of the faker library, which a scenario has too. */
function generator(written: string): string | undefined {
  const [, dotted = ''] = /^(?:faker\.)?([a-z]+\.[a-zA-Z]+)(?:\s*\|.*)?$/.exec(written) ?? [];
  if (dotted === '' || /^(env|captures|secrets|testdata)\./.test(dotted)) return undefined;
  return dotted === 'string.uuid' || dotted === 'datatype.uuid' ? '$uuid' : `$faker("${dotted}")`;
}
