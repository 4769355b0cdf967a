import { isMapping } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft, StepDraft } from '../draft.ts';
import { type Importer, type Refusal, refusal } from '../importer.ts';
import { Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { comesToAnEnd } from '../structure.ts';
import { itemsOf, pairsOf, text } from './collection.ts';
import { readItem } from './item.ts';
import { readUrl } from './url.ts';
import { Variables } from './variables.ts';

/** Collections of Postman, format 2.1 and 2.0 (https://schema.postman.com), with an environment. */
export const importer: Importer = {
  format: 'postman',
  reads: 'a Postman collection, format 2.1 or 2.0',
  read(source, options) {
    const read = readJson(source.text);
    if ('refused' in read) return read;
    const { value } = read;
    const collection = isMapping(value.collection) ? value.collection : value;
    if (Array.isArray(collection.requests) || collection.order !== undefined)
      return refusal('it is a collection of format 1', 'open it in Postman and export it as "Collection v2.1"');
    if (!Array.isArray(collection.item))
      return refusal(
        'it is no Postman collection',
        'export the collection, format 2.1; an environment goes with --environment',
      );
    const environment = options.environment === undefined ? null : readJson(options.environment);
    if (environment && 'refused' in environment)
      return refusal(`the environment: ${environment.refused}`, 'export the environment from Postman');

    const info = isMapping(collection.info) ? collection.info : {};
    const title = text(info.name) || 'Postman collection';
    const items = itemsOf(collection, title);
    const declared = [
      ...pairsOf(collection.variable),
      ...(environment ? pairsOf(environment.value.values ?? environment.value.variable) : []),
    ];
    const naming = new Variables(new Secrets('naming'));
    for (const { key, value: known, entry } of declared) naming.declare(key, text(known), entry.type === 'secret');
    const base = new BaseUrl(items.map(({ request }) => readUrl(request.url, naming).url));
    const service = options.service ?? serviceOf(base.url) ?? title;
    const secrets = new Secrets(service);
    const variables = new Variables(secrets);
    for (const { key, value: known, entry } of declared) variables.declare(key, text(known), entry.type === 'secret');

    const omissions: Omission[] = [];
    const steps = items.flatMap((item): Placed[] => {
      const step = readItem(item, { base, secrets, variables, source });
      if ('name' in step) return [{ step, folder: item.folders[0] ?? null }];
      omissions.push(...step.lost);
      return [];
    });
    const { variables: written, withoutValue } = variables.written();
    for (const name of withoutValue)
      omissions.push({
        item: title,
        what: `the value of {{${name}}}`,
        why: 'neither collection nor environment has it',
        instead: `set it under "variables", or import with --environment`,
      });
    for (const name of variables.unknownGenerators)
      omissions.push({
        item: title,
        what: `{{${name}}}`,
        why: 'there is no such generator',
        instead: 'a random text stands there; choose another generator',
      });

    const clean = (drafts: readonly Placed[]) => drafts.map(({ step }) => secrets.replace(step));
    const drafts = grouped(steps, title).map(
      ({ name, members }): ScenarioDraft => ({
        name,
        service,
        settings: steps.length > 10 ? { timeout: `${Math.min(600, Math.max(30, members.length * 3))}s` } : {},
        variables: secrets.replace(usedIn(written, clean(members))),
        steps: clean(members),
      }),
    );
    return {
      scenarios: drafts,
      omissions: omissions.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
      baseUrls: base.url ? [base.url, ...base.others] : [],
    };
  },
};

interface Placed {
  readonly step: StepDraft;
  readonly folder: string | null;
}

function readJson(source: string): { value: Record<string, unknown> } | Refusal {
  try {
    const value: unknown = JSON.parse(source);
    return isMapping(value) && comesToAnEnd(value)
      ? { value }
      : refusal('it is no JSON object', 'export the collection from Postman, format 2.1');
  } catch (error) {
    return refusal(`it is not JSON: ${(error as Error).message}`, 'export the collection from Postman, format 2.1');
  }
}

/**
 * One scenario for the whole collection, as its requests run one after the other and share what they capture. Only one
 * with more steps than a file may have is divided, at its folders; what an earlier part captures is then taken along.
 */
function grouped(steps: readonly Placed[], title: string): { name: string; members: readonly Placed[] }[] {
  if (steps.length <= MOST_STEPS) return [{ name: title, members: steps }];
  const folders = new Map<string, Placed[]>();
  for (const placed of steps) {
    const key = placed.folder ?? '';
    const group = folders.get(key) ?? [];
    folders.set(key, [...group, placed]);
  }
  const parts = [...folders].flatMap(([folder, members]) => {
    const name = folder === '' ? title : `${title}: ${folder}`;
    const room = MOST_STEPS / 2;
    return Array.from({ length: Math.ceil(members.length / room) }, (_, part) => ({
      name: part === 0 ? name : `${name} (${part + 1})`,
      members: members.slice(part * room, (part + 1) * room),
    }));
  });
  return parts.map(({ name, members }) => ({ name, members: [...neededBy(members, steps), ...members] }));
}

/** Earlier steps of other parts that capture what these use, and what those use in turn. */
function neededBy(members: readonly Placed[], all: readonly Placed[]): Placed[] {
  const chosen = new Set<Placed>(members);
  for (let before = -1; before !== chosen.size && chosen.size < MOST_STEPS; ) {
    before = chosen.size;
    const texts = [...chosen].map(({ step }) => JSON.stringify(step.fields)).join('\n');
    for (const candidate of all) {
      const captured = Object.keys((candidate.step.fields.capture as object | undefined) ?? {});
      if (captured.some((name) => new RegExp(`\\{\\{ ${name}\\b`).test(texts))) chosen.add(candidate);
    }
  }
  return all.filter((placed) => chosen.has(placed) && !members.includes(placed)).slice(0, MOST_STEPS - members.length);
}

/** The variables that the steps of one file refer to, and those that these refer to. */
function usedIn(variables: Readonly<Record<string, unknown>>, steps: readonly StepDraft[]): Record<string, unknown> {
  let texts = JSON.stringify(steps.map(({ fields }) => fields));
  const used = new Set<string>();
  for (const [name, value] of Object.entries(variables).reverse()) {
    if (!new RegExp(`\\{\\{ ${name}\\b`).test(texts)) continue;
    used.add(name);
    texts += JSON.stringify(value);
  }
  return Object.fromEntries(Object.entries(variables).filter(([name]) => used.has(name)));
}
