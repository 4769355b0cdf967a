import { Ajv2020, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import { type Diagnostic, inOrder, MOST_DIAGNOSTICS } from './diagnostic.ts';
import { diagnosticAt, type Path, type SourceDocument } from './document.ts';
import { inBrackets, text } from './print.ts';
import { nearest, suggestion } from './suggest.ts';
import { valueAt } from './values.ts';

// Schemas are ours and small documents follow: compiling fast matters more than validating fast (0.13 s against 0.65 s).
const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strict: false,
  ownProperties: true,
  validateSchema: false,
  inlineRefs: false,
  code: { optimize: false },
});
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Everything in the document that the schema does not allow, in the order of the file.
 * @param filledIn where texts of the file stand for others, such as variables of the environment: `value` is what they make and
 *   is judged, but what is told is the file's own text, and a text that is still `open` is not judged
 * A schema may carry `x-expected`, words for what it wants, used instead of a pattern or a list of types, and
 * `x-elsewhere`, where keys belong that people expect here, by key, and `x-secret: true`, so that a wrong value is not repeated in the message.
 */
export function checkDocument(
  doc: SourceDocument,
  schema: TSchema,
  filledIn: { value: unknown; open: (text: string) => boolean } = { value: doc.value, open: () => false },
): Diagnostic[] {
  const validate = validatorOf(schema);
  if (doc.value === undefined || validate(filledIn.value)) return [];
  // Cut before the unions are reduced, too: that is quadratic.
  const errors = meantErrors((validate.errors ?? []).slice(0, MOST_DIAGNOSTICS))
    .filter(({ data }) => typeof data !== 'string' || !filledIn.open(data))
    .map((error) => (typeof error.data === 'string' ? { ...error, data: valueAt(doc.value, segments(error)) } : error));
  // What is missing may stand where YAML could not follow; complaints about its guesses only confuse.
  const told =
    doc.guessedFrom === Number.POSITIVE_INFINITY
      ? withoutMisspelt(errors)
      : errors.filter(({ keyword }) => keyword !== 'required');
  return inOrder(told.map((error) => describe(error, doc)).filter(({ line }) => line < doc.guessedFrom));
}

/** Whether a piece of a document is what a schema says, for whoever goes on only with what has the right shape. */
export function hasShape(value: unknown, schema: TSchema): boolean {
  return value !== undefined && validatorOf(schema)(value);
}

function validatorOf(schema: TSchema): ValidateFunction {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema as AnySchemaObject);
    compiled.set(schema, validate);
  }
  return validate;
}

/** A key that is missing because it is misspelt is told once, where it stands. */
function withoutMisspelt(errors: readonly ErrorObject[]): ErrorObject[] {
  const meant = new Set(
    errors.flatMap((error) => {
      const key = strangeKey(error);
      const known = Object.keys((error.parentSchema as AnySchemaObject | undefined)?.properties ?? {});
      return key === undefined ? [] : [`${error.instancePath} ${nearest(key.slice(0, 64), known)}`];
    }),
  );
  return errors.filter(
    ({ keyword, instancePath, params }) =>
      keyword !== 'required' || !meant.has(`${instancePath} ${params.missingProperty}`),
  );
}

function strangeKey({ params }: ErrorObject): string | undefined {
  return params.additionalProperty ?? params.unevaluatedProperty;
}

interface Finding {
  path: Path;
  message: string;
  hint?: string | undefined;
  part: 'key' | 'value';
}

function describe(error: ErrorObject, doc: SourceDocument): Diagnostic {
  const { path, message, hint, part } = finding(error);
  return diagnosticAt(doc, path, message, hint, part);
}

function finding(error: ErrorObject): Finding {
  const path = segments(error);
  const schema = (error.parentSchema ?? {}) as AnySchemaObject;
  const at = label(path);
  const value = (message: string, hint?: string): Finding => ({ path, message, hint, part: 'value' });
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = strangeKey(error)!;
      const hint = elsewhere(schema, key) ?? suggestion(key, Object.keys(schema.properties ?? {}));
      return { path: [...path, key], message: `unknown key "${key}"${inside(path)}`, hint, part: 'key' };
    }
    case 'required': {
      const key = error.params.missingProperty as string;
      const example = schema.properties?.[key]?.examples?.[0];
      const hint =
        example === undefined || typeof example === 'object'
          ? undefined
          : `for example: ${key}: ${typeof example === 'string' ? text(example) : example}`;
      return { path, message: `missing key "${key}"${inside(path)}`, hint, part: path.length ? 'key' : 'value' };
    }
    case 'propertyNames':
      return {
        path: [...path, error.params.propertyName],
        message: `"${error.params.propertyName}" is not allowed as a key${inside(path)}`,
        part: 'key',
        hint: schema.propertyNames?.['x-expected'],
      };
    case 'type':
      return value(
        `${at} must be ${expected(schema)}, found ${found(error.data, schema)}`,
        quoteHint(schema, error.data),
      );
    case 'enum':
      return value(
        `${at} must be one of ${list(distinct(schema.enum))}, found ${found(error.data, schema)}`,
        typeof error.data === 'string' ? near(error.data, schema.enum) : undefined,
      );
    case 'const':
      return value(`${at} must be ${show(schema.const)}, found ${found(error.data, schema)}`);
    case 'pattern':
    case 'format':
      return value(`${at} must be ${expected(schema)}, found ${found(error.data, schema)}`, example(schema));
    case 'minimum':
    case 'exclusiveMinimum':
    case 'maximum':
    case 'exclusiveMaximum':
      return value(
        `${at} must be ${COMPARISONS[error.keyword]} ${error.params.limit}, found ${found(error.data, schema)}`,
      );
    case 'minLength':
      return value(
        error.params.limit > 1
          ? `${at} must have at least ${error.params.limit} characters`
          : `${at} must not be empty`,
      );
    case 'minItems':
    case 'minProperties':
      return value(`${at} must not be empty`, error.params.limit > 1 ? `at least ${error.params.limit}` : undefined);
    case 'maxProperties':
      return value(`${at} takes at most ${error.params.limit} of ${Object.keys(error.data as object).join(', ')}`);
    case 'maxItems':
    case 'maxLength':
      return value(`${at} is too long: at most ${error.params.limit}`);
    case 'anyOf':
    case 'oneOf': {
      const words = ((schema.anyOf ?? schema.oneOf) as AnySchemaObject[]).map((branch) => branch.const);
      if (words.every((word) => word !== undefined) && !schema['x-expected']) {
        const hint = typeof error.data === 'string' ? near(error.data, words) : undefined;
        return value(`${at} must be one of ${list(words)}, found ${found(error.data, schema)}`, hint);
      }
      return value(`${at} must be ${expected(schema)}, found ${found(error.data, schema)}`, example(schema));
    }
    case 'not':
      return value(`${at} ${schema['x-refused'] ?? 'is not allowed here'}`);
    default:
      return value(`${at} ${error.message ?? 'is not valid'}`);
  }
}

/**
 * A union reports the errors of all its branches. What the author meant is the branch that comes nearest:
 * where none has the right type, one sentence says what is allowed.
 */
function meantErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  // Ajv reports a branch's errors before the union's own, inner unions first.
  let left = [...errors];
  for (const union of errors.filter(isUnion)) {
    if (!left.includes(union)) continue;
    const inner = left.filter(
      (error) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`) && below(error, union),
    );
    const branches = Map.groupBy(inner, (error) => error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]!);
    left = left.filter((error) => !inner.includes(error));
    const meant = nearestBranch(union, branches);
    left = meant ? left.flatMap((error) => (error === union ? meant : [error])) : left;
  }
  return left.filter(
    (error) => error.keyword !== 'if' && (error.keyword !== 'pattern' || error.propertyName === undefined),
  );
}

function nearestBranch(union: ErrorObject, branches: Map<string, ErrorObject[]>): ErrorObject[] | undefined {
  const ofRightType = [...branches.values()].filter(
    (errors) =>
      !errors.some(
        (error) =>
          error.instancePath === union.instancePath && ['type', 'const', 'enum', 'pattern'].includes(error.keyword),
      ),
  );
  if (ofRightType.length === 0) {
    const one = branches.size === 1 ? [...branches.values()][0]! : undefined;
    return one;
  }
  const tags = ofRightType.map((errors) => errors.find((error) => error.keyword === 'const'));
  const [first] = tags;
  if (ofRightType.length > 1 && first && tags.every((tag) => tag?.instancePath === first.instancePath)) {
    const values = tags.map((tag) => tag!.params.allowedValue);
    return [{ ...first, keyword: 'enum', parentSchema: { enum: values } }];
  }
  const score = (errors: ErrorObject[]) =>
    errors.filter(({ keyword }) => keyword === 'const').length * 1_000 + errors.length;
  return ofRightType.reduce((best, errors) => (score(errors) < score(best) ? errors : best));
}

function isUnion(error: ErrorObject): boolean {
  return error.keyword === 'anyOf' || error.keyword === 'oneOf';
}

function below(error: ErrorObject, union: ErrorObject): boolean {
  return error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`);
}

function segments(error: ErrorObject): Path {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment));
}

function elsewhere(schema: AnySchemaObject, key: string): string | undefined {
  const places = schema['x-elsewhere'] as Record<string, string> | undefined;
  return places && Object.hasOwn(places, key) ? places[key] : undefined;
}

/** How a path is called in a sentence: its last key, with the index where it is an entry of a list. */
function label(path: Path): string {
  if (path.length === 0) return 'the file';
  const last = path.findLastIndex((segment) => typeof segment === 'string');
  return path
    .slice(Math.max(0, last))
    .reduce<string>((text, segment) => (typeof segment === 'number' ? `${text}[${segment}]` : `${text}${segment}`), '');
}

function inside(path: Path): string {
  return path.length === 0 ? '' : ` in ${label(path)}`;
}

const COMPARISONS: Record<string, string> = {
  minimum: 'at least',
  exclusiveMinimum: 'more than',
  maximum: 'at most',
  exclusiveMaximum: 'less than',
};

const TYPE_WORDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
  null: 'empty',
};

/** Words for what a schema allows. */
function expected(schema: AnySchemaObject): string {
  if (typeof schema['x-expected'] === 'string') return schema['x-expected'];
  if (schema.const !== undefined) return show(schema.const);
  if (Array.isArray(schema.enum)) return `one of ${list(schema.enum)}`;
  const branches = (schema.anyOf ?? schema.oneOf) as AnySchemaObject[] | undefined;
  if (branches) return either([...new Set(branches.map(expected))]);
  if (schema.pattern) return `a text that matches ${schema.pattern}`;
  if (Array.isArray(schema.type)) return either(schema.type.map((type: string) => TYPE_WORDS[type] ?? type));
  return TYPE_WORDS[schema.type] ?? 'something else';
}

function found(data: unknown, schema: AnySchemaObject): string {
  if (data === null || data === undefined) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a mapping';
  if (schema['x-secret'] === true) return `another ${typeof data === 'string' ? 'text' : typeof data}`;
  if (typeof data === 'string') return `the text ${show(data.length > 60 ? `${data.slice(0, 60)}…` : data)}`;
  return typeof data === 'number' ? `the number ${data}` : String(data);
}

function quoteHint(schema: AnySchemaObject, data: unknown): string | undefined {
  const scalar = typeof data === 'number' || typeof data === 'boolean';
  return schema.type === 'string' && scalar && !schema.pattern ? `quote it: "${data}"` : example(schema);
}

function example(schema: AnySchemaObject): string | undefined {
  const first = schema.examples?.[0];
  return first === undefined ? undefined : `for example: ${typeof first === 'string' ? first : inBrackets(first)}`;
}

function near(word: string, known: readonly unknown[]): string | undefined {
  const hint = suggestion(
    word,
    known.filter((entry) => typeof entry === 'string'),
  );
  return hint?.startsWith('did you') ? hint : undefined;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

/** By how they are shown: the number 2 and the text 2 look the same. */
function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [String(value), value])).values()];
}

function list(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : show(value))).join(', ');
}

function either(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
