import { isMapping, type Mapping } from '../../language/written.ts';
import type { Omission, ScenarioDraft, StepDraft } from '../draft.ts';
import { type Importer, type ImportOptions, refusal, type Source } from '../importer.ts';
import { slug } from '../names.ts';
import { Secrets } from '../secrets.ts';
import { MOST_STEPS } from '../settle.ts';
import { readStructure } from '../structure.ts';
import { Description } from './document.ts';
import { type Operation, operationsOf } from './operations.ts';
import { ancestorsOf, type Creation, type Resource, resourcesOf, trimmed } from './resources.ts';
import { operationStep, type StepContext } from './step.ts';

/** Questions of a tag with fewer than this share a scenario with those of other tags. */
const FEW = 3;
/** Steps of a scenario without order among them: the first that fails hides those behind it. */
const MOST_READINGS = 25;
const SAMPLE = 'sample.txt';
/** A larger description is no file that a scenario may name. */
const MOST_BYTES = 10_000_000;

/** Descriptions in OpenAPI 3.0 and 3.1 (https://spec.openapis.org/oas/v3.1.1). */
export const importer: Importer = {
  format: 'openapi',
  reads: 'an OpenAPI 3.0 or 3.1 description, JSON or YAML',
  read(source, options) {
    const root = readStructure(source.text)?.value;
    if (!isMapping(root))
      return refusal('it is neither JSON nor YAML with a mapping', 'export the description of the service again');
    if ('swagger' in root)
      return refusal(
        `it is Swagger ${String(root.swagger)}`,
        'convert it to OpenAPI 3 first, for example with swagger2openapi',
      );
    if (typeof root.openapi !== 'string' || !/^3\./.test(root.openapi))
      return refusal(
        'it is no OpenAPI 3 description: "openapi" is missing or another version',
        'the file begins with openapi: 3.0.3 or later',
      );
    const description = new Description(root, (path) => source.load(path));
    const operations = operationsOf(description);
    if (operations.length === 0) return refusal('it describes no operation', 'the operations stand under "paths"');
    return new Reader(source, options, description, operations).read();
  },
};

class Reader {
  readonly #source: Source;
  readonly #description: Description;
  readonly #operations: readonly Operation[];
  readonly #title: string;
  readonly #service: string;
  readonly #server: string | null;
  readonly #secrets: Secrets;
  readonly #omissions: Omission[] = [];
  readonly #told = new Set<string>();
  readonly #companions = new Map<string, string>();
  readonly #file: string | null;

  constructor(source: Source, options: ImportOptions, description: Description, operations: readonly Operation[]) {
    this.#source = source;
    this.#description = description;
    this.#operations = operations;
    const { title } = description.field(description.root, 'info');
    this.#title = typeof title === 'string' && title.trim() !== '' ? title.trim() : 'API';
    this.#service = options.service ?? slug(this.#title.toLowerCase(), 'api');
    this.#server = serverOf(description);
    this.#secrets = new Secrets(this.#service);
    this.#file = this.#descriptionFile();
  }

  read() {
    const resources = resourcesOf(this.#operations, this.#description);
    const plain = new Map<string, Operation[]>();
    const drafts: ScenarioDraft[] = [];
    for (const resource of resources) {
      const readOnly = resource.operations.every(({ method, path }) => method === 'GET' && !path.includes('{'));
      if (readOnly) {
        const tag = resource.operations[0]!.tag ?? this.#title;
        plain.set(tag, [...(plain.get(tag) ?? []), ...resource.operations]);
      } else drafts.push(...this.#journey(resource, resources));
    }
    const few = [...plain].filter(([, operations]) => operations.length < FEW);
    for (const [tag, operations] of plain)
      if (operations.length >= FEW) drafts.push(...this.#plain(`${tag}: reading`, operations));
    drafts.push(
      ...this.#plain(
        'reading',
        few.flatMap(([, operations]) => operations),
      ),
    );
    for (const reference of this.#description.broken)
      this.#omissions.push({
        item: this.#title,
        what: `what ${reference} refers to`,
        why: 'there is nothing',
        instead: 'bundle the description into one file, or mend the reference',
      });
    return {
      scenarios: drafts,
      omissions: this.#omissions,
      baseUrls: this.#server === null ? [] : [this.#server],
      companions: [...this.#companions].map(([name, text]) => ({ name, text })),
    };
  }

  /** Make, list, read, change, remove: one member of a collection through its life, in the members that it lives in. */
  #journey(resource: Resource, all: readonly Resource[]): ScenarioDraft[] {
    const ancestors = ancestorsOf(resource, all);
    const bound = new Map<string, string>();
    const context = this.#context(bound);
    const before: StepDraft[] = [];
    const cleanUp: StepDraft[] = [];
    for (const creation of ancestors) {
      const step = this.#creating(creation, context);
      if (!step) continue;
      before.push(step);
      bound.set(creation.member, creation.variable);
      const removal = creation.remove ? operationStep(creation.remove, context) : null;
      if (removal) cleanUp.unshift(removal);
    }
    const { creates } = resource;
    const steps: StepDraft[] = [];
    const always: StepDraft[] = [];
    const created = creates ? this.#creating(creates, context) : null;
    if (creates && created) {
      steps.push(created);
      bound.set(creates.member, creates.variable);
    }
    for (const operation of inOrder(resource.operations)) {
      if (operation === creates?.operation) continue;
      const own = [...bound.keys()].some((path) => `${trimmed(operation.path)}/`.startsWith(`${path}/`));
      if (operation === creates?.remove) {
        const removal = operationStep(operation, context);
        if (removal) always.push(removal);
        continue;
      }
      if (!own && ['PUT', 'PATCH', 'DELETE'].includes(operation.method))
        this.#omissions.push({
          item: `${operation.method} ${operation.path}`,
          what: 'something of its own to change',
          why: 'the description does not show how to make one',
          instead: 'the step changes what the variables name: name something that may be changed',
        });
      const step = operationStep(operation, context);
      if (step) steps.push(step);
    }
    const creation = creates?.operation ?? resource.operations.find(({ method }) => method === 'POST');
    if (
      creation &&
      !creates?.remove &&
      trimmed(creation.path) === resource.key &&
      resource.operations.some(({ path }) => trimmed(path) !== resource.key)
    )
      this.#omissions.push({
        item: `POST ${creation.path}`,
        what: 'cleaning up',
        why: 'nothing in the description removes what it makes, or shows its id',
        instead: 'add a step under "always"',
      });
    const name = this.#nameOf(resource);
    return divided(steps).map((part, index) =>
      this.#draft(
        index === 0 ? name : `${name} (${index + 1})`,
        context,
        { before, steps: part, always: [...always, ...cleanUp] },
        resource.operations,
      ),
    );
  }

  #creating({ operation, variable, id }: Creation, context: StepContext): StepDraft | null {
    if ('jsonpath' in id) return operationStep(operation, context, { capture: { [variable]: id.jsonpath } });
    context.variables[variable] = id.value;
    return operationStep(operation, context, { fields: { [id.field]: `{{ ${variable} }}` } });
  }

  /** Questions that need nothing and change nothing. */
  #plain(name: string, operations: readonly Operation[]): ScenarioDraft[] {
    const context = this.#context(new Map());
    const steps = operations.flatMap((operation) => operationStep(operation, context) ?? []);
    return divided(steps, MOST_READINGS).map((part, index) =>
      this.#draft(`${name}${index === 0 ? '' : ` (${index + 1})`}`, context, { steps: part }, operations),
    );
  }

  #draft(
    name: string,
    { variables }: StepContext,
    sections: Pick<ScenarioDraft, 'before' | 'steps' | 'always'>,
    operations: readonly Operation[],
  ): ScenarioDraft {
    const tags = [...new Set(operations.flatMap(({ tag }) => (tag === null ? [] : [slug(tag)])))];
    const { before = [], steps, always = [] } = sections;
    const count = before.length + steps.length + always.length;
    return {
      name: `${this.#title}: ${name}`,
      id: `${this.#service}-${name}`,
      service: this.#service,
      tags: tags.slice(0, 10),
      settings: count > 10 ? { timeout: `${Math.min(600, count * 3)}s` } : {},
      variables: this.#secrets.replace(variables),
      ...(before.length > 0 ? { before: this.#secrets.replace(before) } : {}),
      steps: this.#secrets.replace(steps),
      ...(always.length > 0 ? { always: this.#secrets.replace(always) } : {}),
    };
  }

  #context(bound: ReadonlyMap<string, string>): StepContext {
    return {
      description: this.#description,
      server: this.#server,
      secrets: this.#secrets,
      file: this.#file,
      bound,
      variables: {},
      told: this.#told,
      omissions: this.#omissions,
      samplePath: () => {
        this.#companions.set(SAMPLE, 'hello\n');
        return `./${SAMPLE}`;
      },
    };
  }

  /** In the words of its path: `guides` of `/branches/{branch}/guides`. */
  #nameOf({ key, operations }: Resource): string {
    const words = key.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'));
    return words.slice(-3).join(' ') || (operations[0]?.tag ?? this.#title);
  }

  #descriptionFile(): string | null {
    if (Buffer.byteLength(this.#source.text) > MOST_BYTES) {
      this.#omissions.push({
        item: this.#title,
        what: 'the conformance of answers to the description',
        why: 'the description has more than 10 MB',
        instead: 'divide it, and write "expect: { openapi: ./part.json }"',
      });
      return null;
    }
    if (this.#source.file !== undefined) return this.#source.reference(this.#source.file);
    const name = `${slug(this.#title)}.openapi.${/^\s*\{/.test(this.#source.text) ? 'json' : 'yaml'}`;
    this.#companions.set(name, this.#source.text);
    return `./${name}`;
  }
}

const ORDER = ['POST', 'GET', 'HEAD', 'OPTIONS', 'QUERY', 'PUT', 'PATCH', 'DELETE'];

/** The collection before its members; making before reading, reading before changing, removing last. */
function inOrder(operations: readonly Operation[]): Operation[] {
  const rank = ({ method }: Operation) => (ORDER.indexOf(method) + 1 || ORDER.length) + (method === 'GET' ? -1 : 0);
  return [...operations].sort((a, b) => rank(a) - rank(b) || a.path.length - b.path.length);
}

function divided(steps: readonly StepDraft[], most = MOST_STEPS): (readonly StepDraft[])[] {
  return Array.from({ length: Math.ceil(steps.length / most) }, (_, part) =>
    steps.slice(part * most, (part + 1) * most),
  );
}

/** The first server, its variables filled with their defaults; null when it is only a path, or not there. */
function serverOf(description: Description): string | null {
  const [server] = description.list(description.root.servers);
  const { url } = server ?? ({} as Mapping);
  if (typeof url !== 'string') return null;
  const filled = url.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    const value = description.field(description.field(server, 'variables'), name).default;
    return typeof value === 'string' ? value : whole;
  });
  const parsed = /^https?:\/\//i.test(filled) ? URL.parse(filled) : null;
  return parsed ? parsed.href.replace(/\/$/, '') : null;
}
