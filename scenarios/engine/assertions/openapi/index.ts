import { createHash } from 'node:crypto';
import Type from 'typebox';
import type { Files } from '../../files.ts';
import { defineAssertion, type SpecProblem } from '../assertion.ts';
import { asWord } from '../condition.ts';
import { readMapping } from '../structured-file.ts';
import { conformance } from './conformance.ts';
import { Description, describe } from './description.ts';
import { Operations } from './operations.ts';

/** A description and its operations. Its fields are private, so that nothing in it is ever taken for a template. */
class Loaded {
  readonly #description: Description;
  readonly #operations: Operations;

  constructor(description: Description) {
    this.#description = description;
    this.#operations = new Operations(description);
  }

  get description(): Description {
    return this.#description;
  }

  get operations(): Operations {
    return this.#operations;
  }
}

interface Spec {
  readonly file: string;
  /** `GET /v1/posts/{id}` or an operationId; null: found by method and URL. */
  readonly operation: string | null;
  readonly loaded: Loaded | string;
}

/** Judges whether an answer is what an OpenAPI 3.0 or 3.1 description promises: status, content type, headers and body. */
export const assertion = defineAssertion<Spec>({
  kind: 'openapi',
  spec: Type.Union(
    [
      Type.String({ minLength: 1 }),
      Type.Object(
        {
          file: Type.String({ minLength: 1, description: 'Path to the description.', examples: ['./openapi.json'] }),
          operation: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'Method and path, or operationId; without it the request tells.',
              examples: ['GET /v1/posts/{id}'],
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ],
    {
      'x-expected': 'a path to an OpenAPI description, or { file, operation }',
      description:
        'The answer conforms to an OpenAPI 3 description: status, content type, headers and body of the operation.',
      examples: ['./openapi.json'],
    },
  ),
  check(written, files) {
    const { file, operation } = partsOf(written);
    const at = (key: string): (string | number)[] => (typeof written === 'object' ? [key] : []);
    const loaded = load(file, files);
    if ('error' in loaded) return [{ path: at('file'), part: 'value', message: loaded.error }];
    if (operation === null) return [];
    const found = loaded.operations.named(operation);
    const problem: SpecProblem[] =
      'error' in found ? [{ path: at('operation'), part: 'value', message: found.error }] : [];
    return problem;
  },
  normalize(written, files) {
    const { file, operation } = partsOf(written);
    const loaded = load(file, files);
    return { file, operation, loaded: 'error' in loaded ? loaded.error : loaded };
  },
  evaluate({ file, operation, loaded }, exchange) {
    const about = { kind: 'openapi', operator: 'conforms' };
    const failed = (message: string) => [
      { ...about, subject: String(file), expected: 'a described operation', actual: 'none', passed: false, message },
    ];
    if (!(loaded instanceof Loaded)) return failed(String(loaded));
    const { method, url } = exchange.request;
    const found = operation ? loaded.operations.named(operation) : loaded.operations.serving(method, url);
    if ('error' in found) return failed(`${file}: ${found.error}`);
    return conformance(found, loaded.description, exchange).map(({ subject, expected, actual, problem }) => ({
      ...about,
      subject,
      expected,
      actual,
      passed: problem === null,
      message: problem ?? `${subject} conforms to ${found.name}`,
    }));
  },
});

function partsOf(written: unknown): { file: string; operation: string | null } {
  if (typeof written !== 'object' || written === null) return { file: asWord(written), operation: null };
  const { file, operation } = written as { file?: unknown; operation?: unknown };
  return { file: asWord(file), operation: typeof operation === 'string' ? operation : null };
}

/** Steps of many scenarios name the same description, which can have megabytes. */
const known = new Map<string, Loaded | { error: string }>();
const MOST_KNOWN = 20;

function load(file: string, files: Files): Loaded | { error: string } {
  const read = files.text(file);
  if ('error' in read) return { error: `${file} cannot be read: ${read.error}` };
  const digest = `${file} ${createHash('sha256').update(read.value).digest('hex')}`;
  const before = known.get(digest);
  if (before) return before;
  const mapping = readMapping(file, { ...files, text: () => read });
  const described = 'error' in mapping ? mapping : describe(mapping.value as Record<string, unknown>);
  const made =
    described instanceof Description
      ? new Loaded(described)
      : { error: 'error' in mapping ? mapping.error : `${file}: ${described.error}` };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(digest, made);
  return made;
}
