import { isMapping, listOf } from '../../language/written.ts';
import { BaseUrl, serviceOf } from '../base-url.ts';
import type { Omission, ScenarioDraft, StepDraft } from '../draft.ts';
import { type Importer, refusal } from '../importer.ts';
import { oneLine } from '../names.ts';
import { Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { comesToAnEnd } from '../structure.ts';
import { type Entry, siteOf, sortEntry } from './entries.ts';
import { Cookies, entryStep } from './step.ts';
import { type Carried, carriedValues } from './values.ts';

/** Recordings of a browser or proxy in HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/). */
export const importer: Importer = {
  format: 'har',
  reads: 'a recording of a browser or proxy (HTTP Archive 1.2)',
  read(source, options) {
    let root: unknown;
    try {
      root = JSON.parse(source.text);
    } catch (error) {
      return refusal(
        `it is not JSON: ${(error as Error).message}`,
        'save the recording again: "Save all as HAR" in the network tab',
      );
    }
    const log = isMapping(root) && isMapping(root.log) && comesToAnEnd(root) ? root.log : null;
    if (!log || !Array.isArray(log.entries))
      return refusal(
        'it is no HTTP Archive: "log.entries" is missing',
        'save the recording again: "Save all as HAR" in the network tab',
      );
    const written = listOf(log.entries).filter(isMapping);
    if (written.length === 0) return refusal('nothing was recorded', 'open the network tab before the page is loaded');

    const dropped = new Map<string, number>();
    const drop = (why: string) => dropped.set(why, (dropped.get(why) ?? 0) + 1);
    const recorded: Entry[] = [];
    for (const one of inOrder(written)) {
      const sorted = sortEntry(one);
      if ('entry' in sorted) recorded.push(sorted.entry);
      else drop(sorted.dropped);
    }
    const base = new BaseUrl(recorded.map(({ url }) => url.href));
    const site = base.url === null ? null : siteOf(new URL(base.url));
    const entries = recorded.filter(({ url }) => {
      if (siteOf(url) === site) return true;
      drop(`requests to another site, ${url.host}`);
      return false;
    });
    const [page] = listOf(log.pages).filter(isMapping);
    const title = oneLine(typeof page?.title === 'string' && !/^https?:/.test(page.title) ? page.title : '', 80);
    const service = options.service ?? serviceOf(base.url) ?? 'imported';
    const omissions: Omission[] = [...dropped].map(([why, count]) => ({
      item: source.name,
      what: `${count} ${count === 1 ? why.replace(/s\b/, '') : why}`,
      why: 'a scenario checks the service and not the browser',
      instead: 'write a step where it matters',
    }));
    if (entries.length === 0) return { scenarios: [], omissions, baseUrls: [] };

    const secrets = new Secrets(service);
    const carried = carriedValues(entries);
    const cookies = new Cookies(entries);
    const known: Carried[] = [];
    const companions = new Map<string, string>();
    const keep = (fileName: string, text: string) => {
      const name = `files/${
        fileName
          .replace(/^.*[\\/]/, '')
          .replace(/[^\w.-]+/g, '-')
          .replace(/^\.+/, '') || 'file'
      }`;
      companions.set(name, text);
      return `./${name}`;
    };
    const steps: StepDraft[] = [];
    for (const [index, entry] of entries.entries()) {
      const step = entryStep(entry, {
        base,
        secrets,
        known,
        captures: carried[index]!,
        cookies,
        source: source.name,
        keep,
      });
      if ('name' in step) steps.push(step);
      else omissions.push(...step.lost);
      known.push(...carried[index]!);
      known.sort((a, b) => b.value.length - a.value.length);
    }
    omissions.push({
      item: source.name,
      what: 'headers of the browser (user-agent, sec-…, referer, caching)',
      why: 'a service answers without them',
      instead: 'add those it needs under "headers"',
    });
    const clean = secrets.replace(steps);
    const parts = Array.from({ length: Math.ceil(clean.length / MOST_STEPS) }, (_, part) =>
      clean.slice(part * MOST_STEPS, (part + 1) * MOST_STEPS),
    );
    return {
      scenarios: parts.map(
        (part, index): ScenarioDraft => ({
          name: `${title || `Recording of ${service}`}${index === 0 ? '' : ` (${index + 1})`}`,
          service,
          settings: part.length > 10 ? { timeout: `${Math.min(600, part.length * 3)}s` } : {},
          steps: part,
        }),
      ),
      companions: [...companions].map(([name, text]) => ({ name, text })),
      omissions: omissions.map((omission) => ({ ...omission, what: secrets.blacken(omission.what) })),
      baseUrls: base.url ? [base.url, ...base.others.filter((other) => siteOf(new URL(other)) === site)] : [],
    };
  },
};

/** By the time of their start; recorders write entries as they end. */
function inOrder(entries: readonly Readonly<Record<string, unknown>>[]) {
  const start = (entry: Readonly<Record<string, unknown>>) => Date.parse(String(entry.startedDateTime ?? '')) || 0;
  return [...entries].sort((a, b) => start(a) - start(b));
}
