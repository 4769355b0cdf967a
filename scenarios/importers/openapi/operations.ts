import { listOf, type Mapping } from '../../language/written.ts';
import { identifier } from '../names.ts';
import type { Description } from './document.ts';

export interface Operation {
  readonly method: string;
  /** As described: `/pets/{petId}`. */
  readonly path: string;
  readonly written: Mapping;
  readonly operationId: string | null;
  readonly tag: string | null;
  /** Those of the path too, those of the operation first. */
  readonly parameters: readonly Parameter[];
  readonly deprecated: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly written: Mapping;
}

const METHODS = ['post', 'get', 'head', 'put', 'patch', 'delete', 'options', 'trace', 'query'];

/** Every operation, in the order of the description. */
export function operationsOf(description: Description): Operation[] {
  return description.entries(description.root.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Operation[] => {
      if (typeof item[method] !== 'object' || item[method] === null || !path.startsWith('/')) return [];
      const written = description.at(item[method]);
      const [tag] = listOf(written.tags);
      return [
        {
          method: method.toUpperCase(),
          path,
          written,
          operationId: typeof written.operationId === 'string' ? written.operationId : null,
          tag: typeof tag === 'string' ? tag : null,
          parameters: parametersOf(description, written, item, path),
          deprecated: written.deprecated === true,
        },
      ];
    }),
  );
}

function parametersOf(description: Description, operation: Mapping, item: Mapping, path: string): Parameter[] {
  const parameters: Parameter[] = [];
  for (const written of [...description.list(operation.parameters), ...description.list(item.parameters)]) {
    const { name, in: place } = written;
    if (typeof name !== 'string' || typeof place !== 'string') continue;
    if (parameters.some((known) => known.name === name && known.in === place)) continue;
    parameters.push({ name, in: place, required: written.required === true || place === 'path', written });
  }
  // Every name in the path needs a value, also one that the description forgot.
  for (const name of pathParameters(path))
    if (!parameters.some((known) => known.in === 'path' && known.name === name))
      parameters.push({ name, in: 'path', required: true, written: {} });
  return parameters;
}

export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!);
}

/** The collection that an operation is about: its path without the parameters at the end. */
export function resourceOf({ path }: Operation): string {
  return path.replace(/(\/\{[^{}/]+\})+\/?$/, '').replace(/\/$/, '') || '/';
}

/** A name for the value of a path parameter: `petId` and `pet_id` alike, `id` with what it is the id of. */
export function variableName(name: string, path: string): string {
  const before = path
    .slice(0, path.indexOf(`{${name}}`))
    .split('/')
    .filter((segment) => segment !== '' && !segment.startsWith('{'));
  const owner = /^(id|uuid|slug|key|name|number)$/i.test(name)
    ? `${(before.at(-1) ?? '').replace(/ies$/, 'y').replace(/s$/, '')}_`
    : '';
  return (
    identifier(`${owner}${name}`.replace(/([a-z0-9])([A-Z])/g, '$1_$2'))
      .toLowerCase()
      .replace(/^_+/, '') || 'id'
  );
}

/** How a step is called: in the words of the description where it has some. */
export function nameOf({ written, operationId, method, path }: Operation): string {
  const { summary } = written;
  if (typeof summary === 'string' && summary.trim() !== '') return summary.trim().replace(/\.$/, '');
  if (operationId !== null)
    return operationId
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replace(/[_/.-]+/g, ' ')
      .trim()
      .toLowerCase();
  return `${method} ${path}`;
}

/**
 * The status of success: the lowest described one of 2xx, otherwise of 3xx.
 * @returns `2xx` where only `default` is described; null where nothing but errors is
 */
export function successStatus({ written }: Operation, description: Description): string | null {
  const codes = Object.keys(description.at(written.responses)).sort();
  const success =
    codes.find((code) => /^2([0-9]{2}|XX)$/i.test(code)) ?? codes.find((code) => /^3([0-9]{2}|XX)$/i.test(code));
  return success?.toLowerCase() ?? (codes.includes('default') ? '2xx' : null);
}
