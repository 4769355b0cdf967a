import { isMapping, type Mapping } from '../../../language/written.ts';

/**
 * The schemas of an OpenAPI 3.0 description as JSON Schema has them: `nullable` becomes a type, and a boolean
 * `exclusiveMinimum` a number (OpenAPI 3.0.3 §4.7.24). What may only be written is not required in an answer.
 * Goes through the whole description, since schemas stand in many places and are told apart by these keys alone.
 */
export function asJsonSchema(value: unknown, version: '3.0' | '3.1'): unknown {
  if (Array.isArray(value)) return value.map((item) => asJsonSchema(item, version));
  if (!isMapping(value)) return value;
  const made: Record<string, unknown> = {};
  for (const [key, inside] of Object.entries(value)) {
    // Examples are not schemas, and may hold what looks like one.
    define(made, key, key === 'example' || key === 'examples' ? inside : asJsonSchema(inside, version));
  }
  if (version === '3.0') {
    if (value.nullable === true) allowNull(made);
    exclusive(made, 'exclusiveMinimum', 'minimum');
    exclusive(made, 'exclusiveMaximum', 'maximum');
  }
  // Not a keyword of JSON Schema, and without effect beside no `type` (OpenAPI 3.0.4 §4.8.24): real descriptions have both.
  if (typeof value.nullable === 'boolean') delete made.nullable;
  leaveOutWritten(made, value);
  return made;
}

function allowNull(schema: Record<string, unknown>): void {
  const { type, enum: values } = schema;
  if (typeof type === 'string') schema.type = [type, 'null'];
  if (Array.isArray(values) && !values.includes(null)) schema.enum = [...values, null];
}

function exclusive(schema: Record<string, unknown>, keyword: string, bound: string): void {
  if (schema[keyword] === true) {
    schema[keyword] = schema[bound];
    delete schema[bound];
  } else if (schema[keyword] === false) delete schema[keyword];
}

function leaveOutWritten(schema: Record<string, unknown>, { required, properties }: Mapping): void {
  if (!Array.isArray(required) || !isMapping(properties)) return;
  const written = (name: unknown) => {
    const property = typeof name === 'string' && Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isMapping(property) && property.writeOnly === true;
  };
  schema.required = required.filter((name) => !written(name));
}

function define(made: Record<string, unknown>, key: string, value: unknown): void {
  // `__proto__` as a key of a file must not become a prototype.
  Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
}
