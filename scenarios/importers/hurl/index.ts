import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import { type Importer, refusal } from '../importer.ts';
import { identifier } from '../names.ts';
import { isSecretName, Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { parseHurl } from './parse.ts';
import { entryStep, type HurlContext } from './step.ts';

/** Files of Hurl (https://hurl.dev). */
export const importer: Importer = {
  format: 'hurl',
  reads: 'a Hurl file',
  read(source, options) {
    const parsed = parseHurl(source.text);
    if ('error' in parsed)
      return refusal(`line ${parsed.line}: ${parsed.error}`, 'check the file with hurlfmt --check');
    if (parsed.entries.length === 0)
      return refusal('there is no request', 'for example: GET https://api.example.com/health');
    const base = new BaseUrl(parsed.entries.map(({ url }) => url));
    const service = options.service ?? serviceOf(base.url) ?? 'imported';
    const secrets = new Secrets(service);
    const omissions: Omission[] = [];
    const captured = new Set<string>();
    const declared: Record<string, unknown> = {};
    const variables: Record<string, unknown> = {};
    const context: HurlContext = {
      base,
      secrets,
      source,
      captured,
      expression(written) {
        const [name = '', ...filters] = written.trim().split(/\s+/);
        if (name === 'newUuid') return '$uuid';
        if (name === 'newDate') return '$now';
        if (filters.length > 0)
          omissions.push({
            item: source.name,
            what: `the filter in {{${written.trim()}}}`,
            why: 'a template of a scenario has filters of its own',
            instead: 'see the list of filters in docs/scenarios.md',
          });
        const key = identifier(name);
        if (captured.has(key)) return key;
        if (isSecretName(name)) return secrets.declare(name).slice(2, -2).trim();
        if (!Object.hasOwn(variables, key)) {
          variables[key] = declared[key] ?? '';
          if (declared[key] === undefined)
            omissions.push({
              item: source.name,
              what: `the value of {{${name}}}`,
              why: 'it was given on the command line of hurl',
              instead: 'set it under "variables", or with --var',
            });
        }
        return key;
      },
      declare(name, value) {
        declared[identifier(name)] = value;
      },
    };
    const steps: StepDraft[] = [];
    for (const entry of parsed.entries) {
      const step = entryStep(entry, context);
      if ('lost' in step) omissions.push(...step.lost);
      else steps.push(...step.steps);
    }
    const title = source.name
      .replace(/^.*\//, '')
      .replace(/\.hurl$/, '')
      .replace(/[-_]+/g, ' ');
    const clean = secrets.replace(steps);
    const parts = Array.from({ length: Math.ceil(clean.length / MOST_STEPS) }, (_, part) =>
      clean.slice(part * MOST_STEPS, (part + 1) * MOST_STEPS),
    );
    return {
      scenarios: parts.map((part, index) => ({
        name: `${title}${index === 0 ? '' : ` (${index + 1})`}`,
        service,
        settings: { ...(part.length > 10 ? { timeout: `${Math.min(600, part.length * 3)}s` } : {}) },
        variables: secrets.replace(variables),
        steps: part,
      })),
      omissions: omissions.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
      baseUrls: base.url ? [base.url, ...base.others] : [],
    };
  },
};
