import { isMapping } from '../../language/written.ts';
import type { Description } from './document.ts';
import { type Operation, pathParameters, resourceOf, variableName } from './operations.ts';

/** The operations of one collection and its members: `/pets` and `/pets/{petId}`. */
export interface Resource {
  readonly key: string;
  readonly operations: readonly Operation[];
  /** How a new member is made and named; null where the description does not show it. */
  readonly creates: Creation | null;
}

export interface Creation {
  readonly operation: Operation;
  /** `/pets/{petId}`: the path of what was made. */
  readonly member: string;
  /** What scenarios call its id. */
  readonly variable: string;
  /** Where the id comes from: out of the answer, or chosen by whoever makes it, in a field of the body. */
  readonly id: { readonly jsonpath: string } | { readonly field: string; readonly value: string };
  readonly remove: Operation | null;
}

export function resourcesOf(operations: readonly Operation[], description: Description): Resource[] {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    const key = resourceOf(operation);
    groups.set(key, [...(groups.get(key) ?? []), operation]);
  }
  return [...groups].map(([key, members]) => ({
    key,
    operations: members,
    creates: creationOf(key, members, description),
  }));
}

/** POST on the collection, whose answer holds what the path of a member needs. */
function creationOf(key: string, operations: readonly Operation[], description: Description): Creation | null {
  const operation = operations.find(({ method, path }) => method === 'POST' && trimmed(path) === key);
  const members = operations.filter(({ path }) => trimmed(path) !== key).map(({ path }) => trimmed(path));
  const [member] = members;
  if (!operation || !member) return null;
  const parameter = pathParameters(member).at(-1)!;
  const id = idIn(operation, parameter, key, description) ?? chosenId(operation, parameter, description);
  if (id === null) return null;
  const remove = operations.find(({ method, path }) => method === 'DELETE' && trimmed(path) === member) ?? null;
  return { operation, member, variable: variableName(parameter, member), id, remove };
}

/** A resource whose members another one lives in, nearest last. */
export function ancestorsOf(resource: Resource, all: readonly Resource[]): Creation[] {
  return all
    .flatMap(({ creates, key }) =>
      creates && key !== resource.key && `${resource.key}/`.startsWith(`${creates.member}/`) ? [creates] : [],
    )
    .sort((a, b) => a.member.length - b.member.length);
}

/** A field of the body that the path of what was made has too, such as the name of a user. */
function chosenId(operation: Operation, parameter: string, description: Description): Creation['id'] | null {
  const content = description.field(description.field(operation.written, 'requestBody'), 'content');
  const type = Object.keys(content).find((name) => /json/i.test(name));
  if (type === undefined) return null;
  const properties = propertiesOf(description.field(description.field(content, type), 'schema'), description);
  const field = [parameter, snake(parameter), ...(/id$/i.test(parameter) ? ['id'] : [])].find((name) =>
    properties.has(name),
  );
  if (field === undefined) return null;
  const { type: kind, readOnly, format } = description.at(properties.get(field));
  if (readOnly === true) return null;
  if (kind === 'integer' || kind === 'number') return { field, value: '{{ $random_int(100000, 999999) }}' };
  return kind === 'string' ? { field, value: format === 'uuid' ? '{{ $uuid }}' : '{{ $random_string(12) }}' } : null;
}

/** Where the JSON of an answer to a POST has the id of what was made. */
function idIn(operation: Operation, parameter: string, key: string, description: Description): Creation['id'] | null {
  const responses = description.field(operation.written, 'responses');
  const code = Object.keys(responses)
    .filter((name) => /^2/.test(name))
    .sort()[0];
  if (code === undefined) return null;
  const content = description.field(description.field(responses, code), 'content');
  const type = Object.keys(content).find((name) => /json/i.test(name));
  if (type === undefined) return null;
  const schema = description.field(description.field(content, type), 'schema');
  const singular = (
    key
      .split('/')
      .filter((segment) => !segment.startsWith('{'))
      .at(-1) ?? ''
  )
    .replace(/ies$/, 'y')
    .replace(/s$/, '');
  const wanted = [
    ...new Set([
      parameter,
      snake(parameter),
      'id',
      '_id',
      ...(/identifier|key|ref|slug/i.test(parameter) ? ['slug', 'key', 'uuid', 'name'] : []),
      `${singular}_id`,
      `${singular}Id`,
      'uuid',
    ]),
  ];
  const direct = propertiesOf(schema, description);
  for (const name of wanted) if (direct.has(name)) return { jsonpath: `$.${name}` };
  for (const wrapper of ['data', singular, 'result', 'item', 'resource', 'attributes']) {
    const inner = direct.get(wrapper);
    if (inner === undefined) continue;
    const nested = propertiesOf(inner, description);
    for (const name of wanted) if (nested.has(name)) return { jsonpath: `$.${wrapper}.${name}` };
  }
  return null;
}

function propertiesOf(written: unknown, description: Description, depth = 0): Map<string, unknown> {
  const schema = description.at(written);
  const found = new Map<string, unknown>();
  if (depth > 5) return found;
  for (const part of [
    ...description.list(schema.allOf),
    ...description.list(schema.oneOf).slice(0, 1),
    ...description.list(schema.anyOf).slice(0, 1),
  ])
    for (const [name, property] of propertiesOf(part, description, depth + 1)) found.set(name, property);
  if (isMapping(schema.properties))
    for (const [name, property] of Object.entries(schema.properties)) found.set(name, property);
  return found;
}

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

export const trimmed = (path: string) => (path.length > 1 ? path.replace(/\/$/, '') : path);
