import { entriesOf, field, isMapping } from '../../../language/written.ts';
import type { SpecProblem } from '../../assertions/assertion.ts';
import { authKind } from '../../auth/registry.ts';
import type { Files } from '../../files.ts';
import type { WrittenFields } from '../protocol.ts';
import { methodProblem, splitRequestLine, urlProblem } from './request-line.ts';

/** Header fields of the connection and of tracing: what a scenario wrote there would be refused or replaced at run time. */
const OWN_HEADERS = new Set([
  'content-length',
  'expect',
  'keep-alive',
  'traceparent',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const BODIES = ['json', 'form', 'body', 'file', 'multipart'];

/** What the schema cannot see in the keys of an HTTP step. */
export function check(step: WrittenFields, files: Files): SpecProblem[] {
  const { request } = step;
  const problems = [...bodyProblems(step), ...fileProblems(step, files), ...authProblems(step.auth)];
  if (typeof request === 'string' && request.trim() !== '') return [...lineProblems(request), ...problems];
  return isMapping(request) ? [...longFormProblems(request, step), ...problems] : problems;
}

function lineProblems(request: string): SpecProblem[] {
  const at = { path: ['request'], part: 'value' } as const;
  const line = splitRequestLine(request);
  if (!line) {
    const hint = request.startsWith('/') ? `for example: GET ${request}` : 'for example: GET /v1/posts';
    return [{ ...at, path: ['request'], message: `request must be a method and a path, found "${request}"`, hint }];
  }
  const problems: SpecProblem[] = [];
  const method = methodProblem(line.method);
  if (method) {
    const span = { offset: request.indexOf(line.method), length: line.method.length };
    problems.push({ ...at, path: ['request'], span, ...method });
  }
  const url = urlProblem(line.url);
  if (url) {
    const span = { offset: line.urlOffset, length: line.url.length };
    problems.push({ ...at, path: ['request'], span, ...url });
  }
  return problems;
}

function longFormProblems(request: WrittenFields, step: WrittenFields): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const report = (key: string[], found: { message: string; hint?: string }, part: 'key' | 'value' = 'value') => {
    problems.push({ path: ['request', ...key], part, ...found });
  };
  const method =
    typeof request.method === 'string' && /^[A-Z]+$/.test(request.method) ? methodProblem(request.method) : undefined;
  if (method) report(['method'], method);
  const url = typeof request.url === 'string' && request.url !== '' ? urlProblem(request.url) : undefined;
  if (url) report(['url'], url);
  for (const [name, value] of entriesOf(request.headers)) {
    const at = ['headers', name];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) report(at, { message: `"${name}" is no header name` }, 'key');
    if (OWN_HEADERS.has(name.toLowerCase()))
      report(at, { message: `"${name}" is set by ringdown itself`, hint: 'remove it' }, 'key');
    if (typeof value === 'string' && /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)) {
      const hint = 'letters of Western Europe, without line breaks';
      report(at, { message: `${name} contains a character that a header cannot carry`, hint });
    }
    if (name.toLowerCase() === 'authorization' && field(step, 'auth') !== undefined)
      report(at, { message: '"auth" sets this header already', hint: 'keep one of the two' }, 'key');
  }
  return problems;
}

function bodyProblems(step: WrittenFields): SpecProblem[] {
  const [first, second] = BODIES.filter((key) => Object.hasOwn(step, key));
  return second
    ? [
        {
          path: [second],
          part: 'key',
          message: `a request has one body: "${first}" and "${second}" exclude each other`,
        },
      ]
    : [];
}

function fileProblems({ file, multipart }: WrittenFields, files: Files): SpecProblem[] {
  const named: [SpecProblem['path'], unknown][] = [
    [['file'], file],
    ...entriesOf(multipart).map(([name, part]): [SpecProblem['path'], unknown] => [
      ['multipart', name, 'file'],
      field(part, 'file'),
    ]),
  ];
  return named.flatMap(([path, found]): SpecProblem[] => {
    if (typeof found !== 'string') return [];
    const read = files.bytes(found);
    return 'error' in read ? [{ path, part: 'value', message: `${found} cannot be read: ${read.error}` }] : [];
  });
}

function authProblems(auth: unknown): SpecProblem[] {
  return entriesOf(auth).flatMap(([kind, written]) => {
    const known = authKind(kind);
    // What is no mapping where one belongs is the schema's to say.
    if (!known || ((known.spec as { type?: string }).type === 'object' && !isMapping(written))) return [];
    return known.check(written).map((problem) => ({ ...problem, path: ['auth', kind, ...problem.path] }));
  });
}
