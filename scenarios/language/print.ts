import { type Layout, type Path, printYaml } from '../../core/document/index.ts';
import { protocols } from '../engine/protocols/registry.ts';
import { ScenarioSchema, type WrittenScenario, type WrittenStep } from './schema.ts';
import { entriesOf, field, isMapping } from './written.ts';

export interface PrintOptions {
  /** What stands above a value, by its path: `['steps', 2]`, `['secrets']`; `[]` is the top of the file. */
  readonly comments?: readonly { readonly path: Path; readonly text: string }[];
}

const TOP_LEVEL = Object.keys(ScenarioSchema.properties);
const STEP_LISTS = ['before', 'steps', 'after', 'always'];

/** In front of the keys of the protocol, and behind them. */
const STEP_FIRST = ['name', 'if', 'include', 'prefix', 'with'];
const STEP_LAST = ['connection', 'repeat', 'timeout', 'expect', 'warn', 'capture', 'parallel'];

/** A line a name is easier to read, and to change. */
const BLOCKS = ['variables', 'capture'];
const BLOCKS_OF_SEVERAL = ['jsonpath', 'css', 'xpath', 'regex'];
/** With a mapping inside of them, one line is a puzzle. */
const BLOCKS_OF_MAPPINGS = ['expect', 'warn', 'until', 'repeat', 'load', ...protocols.map(({ key }) => key)];

/**
 * A scenario file as a person writes it: keys in the order of the documentation, short forms where there are, templates
 * in quotes. `parseScenario` reads the same scenario from it.
 */
export function printScenario(written: WrittenScenario, { comments = [] }: PrintOptions = {}): string {
  const byPath = new Map(comments.map(({ path, text }) => [JSON.stringify(path), text]));
  return printYaml(shortened(written), {
    ...scenarioLayout,
    comment: (path) => byPath.get(JSON.stringify(path)),
  });
}

/** How scenario files are laid out. */
export const scenarioLayout: Layout = {
  order: (keys, path) => {
    if (path.length === 0) return inOrder(keys, TOP_LEVEL);
    return isStep(path) ? inOrder(keys, stepOrder(keys)) : keys;
  },
  block: needsLines,
  bareTemplate: (path) => path.at(-1) === 'request' && isStep(path.slice(0, -1)),
};

/** The same file with the short forms that it leaves room for. */
export function shortened(written: WrittenScenario): WrittenScenario {
  const copy: Record<string, unknown> = { ...written };
  for (const key of STEP_LISTS) {
    if (Array.isArray(copy[key])) copy[key] = (copy[key] as WrittenStep[]).map(shortStep);
  }
  return copy as WrittenScenario;
}

function shortStep(step: WrittenStep): WrittenStep {
  const copy: Record<string, unknown> = { ...step };
  const { request, capture, parallel } = step;
  if (isMapping(request) && Object.keys(request).length === 2) {
    const { method, url } = request;
    if (
      typeof method === 'string' &&
      typeof url === 'string' &&
      /^\S+$/.test(method) &&
      url !== '' &&
      url === url.trim()
    )
      copy.request = `${method} ${url}`;
  }
  if (isMapping(capture)) {
    copy.capture = Object.fromEntries(
      entriesOf(capture).map(([name, source]) => {
        const path = isMapping(source) && Object.keys(source).length === 1 ? field(source, 'jsonpath') : undefined;
        return [name, typeof path === 'string' ? path : source];
      }),
    );
  }
  if (Array.isArray(parallel)) copy.parallel = parallel.map(shortStep);
  return copy as WrittenStep;
}

function stepOrder(written: readonly string[]): string[] {
  const own = protocols.filter(({ key }) => written.includes(key));
  const keys = [...own, ...protocols].flatMap(({ key, keys: all }) => [key, 'auth', ...Object.keys(all)]);
  return [...STEP_FIRST, ...keys, ...STEP_LAST];
}

/** Known keys in their order, then the others in their own. */
function inOrder(keys: readonly string[], known: readonly string[]): string[] {
  return [...new Set(known.filter((key) => keys.includes(key))), ...keys.filter((key) => !known.includes(key))];
}

function isStepList(path: Path): boolean {
  if (path.length === 1) return STEP_LISTS.includes(String(path[0]));
  return path.length === 3 && path[2] === 'parallel' && isStepList(path.slice(0, 1));
}

function isStep(path: Path): boolean {
  return typeof path.at(-1) === 'number' && isStepList(path.slice(0, -1));
}

function needsLines(path: Path, value: object): boolean {
  if (isStep(path) || isStepList(path)) return true;
  const key = String(path.at(-1));
  if (BLOCKS.includes(key)) return path.length === 1 || isStep(path.slice(0, -1));
  const inner = Object.values(value);
  if (inner.length < 2) return false;
  return BLOCKS_OF_SEVERAL.includes(key) || (BLOCKS_OF_MAPPINGS.includes(key) && inner.some(isMapping));
}
