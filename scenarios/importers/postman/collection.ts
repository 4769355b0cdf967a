import { isMapping, listOf, type Mapping } from '../../language/written.ts';

/** One request of a collection with what it inherits from its folders. */
export interface Item {
  readonly name: string;
  readonly folders: readonly string[];
  readonly request: Mapping;
  /** Its own, or that of the nearest folder which has one. */
  readonly auth: unknown;
  /** Outermost first, as Postman runs them. */
  readonly preRequest: readonly Script[];
  readonly tests: readonly Script[];
  readonly behaviour: Mapping;
}

export interface Script {
  readonly text: string;
  /** Where it stands: the collection, a folder or a request. */
  readonly of: string;
}

interface Inherited {
  folders: readonly string[];
  auth: unknown;
  preRequest: readonly Script[];
  tests: readonly Script[];
  behaviour: Mapping;
}

/** Deeper folders are a loop or an attack. */
const DEEPEST = 50;

/** Every request of a collection of format 2.0 or 2.1, in the order in which Postman runs them. */
export function itemsOf(collection: Mapping, name: string): Item[] {
  return walk(collection, { folders: [], auth: null, preRequest: [], tests: [], behaviour: {} }, name);
}

function walk(node: Mapping, inherited: Inherited, name: string): Item[] {
  const here: Inherited = {
    folders: inherited.folders,
    auth: node.auth ?? inherited.auth,
    preRequest: [...inherited.preRequest, ...scriptsOf(node, 'prerequest', name)],
    tests: [...inherited.tests, ...scriptsOf(node, 'test', name)],
    behaviour: {
      ...inherited.behaviour,
      ...(isMapping(node.protocolProfileBehavior) ? node.protocolProfileBehavior : {}),
    },
  };
  return listOf(node.item).flatMap((item): Item[] => {
    if (!isMapping(item)) return [];
    const title = text(item.name) || 'a request';
    if (Array.isArray(item.item)) {
      if (here.folders.length >= DEEPEST) return [];
      return walk(item, { ...here, folders: [...here.folders, title] }, `folder ${title}`);
    }
    const written = typeof item.request === 'string' ? { url: item.request, method: 'GET' } : item.request;
    if (!isMapping(written)) return [];
    return [
      {
        name: title,
        folders: here.folders,
        request: written,
        auth: written.auth ?? here.auth,
        preRequest: [...here.preRequest, ...scriptsOf(item, 'prerequest', title)],
        tests: [...here.tests, ...scriptsOf(item, 'test', title)],
        behaviour: {
          ...here.behaviour,
          ...(isMapping(item.protocolProfileBehavior) ? item.protocolProfileBehavior : {}),
        },
      },
    ];
  });
}

function scriptsOf(node: Mapping, listen: string, of: string): Script[] {
  return listOf(node.event).flatMap((event) => {
    if (!isMapping(event) || event.listen !== listen || event.disabled === true) return [];
    const exec = isMapping(event.script) ? event.script.exec : event.script;
    const lines = Array.isArray(exec) ? exec.map(text).join('\n') : text(exec);
    return lines.trim() === '' ? [] : [{ text: lines, of }];
  });
}

/** Texts of a document; what is no text is an empty one. */
export function text(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
}

/** `[{ key, value }]` of format 2.1, or the mapping of 2.0, as pairs. Disabled entries are left out. */
export function pairsOf(value: unknown): { key: string; value: unknown; entry: Mapping }[] {
  if (isMapping(value)) return Object.entries(value).map(([key, item]) => ({ key, value: item, entry: {} }));
  return listOf(value).flatMap((entry) =>
    isMapping(entry) && entry.disabled !== true && entry.enabled !== false
      ? [{ key: text(entry.key ?? entry.name), value: entry.value, entry }]
      : [],
  );
}
