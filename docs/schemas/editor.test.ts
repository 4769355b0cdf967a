import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { getLanguageService } from 'yaml-language-server';
import { readDocument } from '../../core/document/index.ts';
import { ScenarioSchema } from '../../scenarios/language/schema.ts';

/** What VS Code's YAML extension shows, asked of the language server that it runs. */
const service = getLanguageService({
  schemaRequestService: async (uri) => readFileSync(new URL(uri), 'utf8'),
  workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
});
service.configure({
  validate: true,
  hover: true,
  completion: true,
  yamlVersion: '1.2',
  hoverSchemaSource: false,
  schemas: [
    { uri: new URL('scenario.schema.json', import.meta.url).href, fileMatch: ['*.scenario.yaml'] },
    { uri: new URL('steps.schema.json', import.meta.url).href, fileMatch: ['*.steps.yaml'] },
    { uri: new URL('policy.schema.json', import.meta.url).href, fileMatch: ['*.policy.yaml'] },
  ],
});

const HEAD = 'version: 1\nid: a\nname: A\nservice: s\n';
const STEP = `${HEAD}steps:\n  - name: a\n    request: GET /\n`;
let opened = 0;

/** `█` is the cursor. */
function open(text: string, kind = 'scenario') {
  const uri = `file:///${++opened}.${kind}.yaml`;
  const document = TextDocument.create(uri, 'yaml', 1, text.replace('█', ''));
  return { document, at: document.positionAt(text.indexOf('█')) };
}

async function offered(text: string, kind?: string): Promise<string[]> {
  const { document, at } = open(text, kind);
  return (await service.doComplete(document, at, false)).items.map(({ label }) => label);
}

async function shown(text: string): Promise<string> {
  const { document, at } = open(text);
  return (await service.doHover(document, at))?.contents as unknown as string;
}

async function complaints(text: string, kind?: string): Promise<string[]> {
  return (await service.doValidation(open(text, kind).document, false)).map(({ message }) => String(message));
}

describe('completion', () => {
  test('at the top of a file: every key, and a scenario to begin with', async () => {
    expect(await offered('█')).toEqual(expect.arrayContaining(['scenario', ...Object.keys(ScenarioSchema.properties)]));
  });

  test.each([
    ['a schedule', `${HEAD}schedule:\n  █`, ['every', 'cron', 'timezone', 'jitter', 'while_failing']],
    ['a connection', `${HEAD}connection:\n  █`, ['http', 'proxy', 'ca', 'client_certificate', 'resolve']],
    ['who a request is from', `${STEP}    auth:\n      █`, ['bearer', 'basic', 'digest', 'oauth2', 'aws']],
    [
      'what TCP waits for',
      `${HEAD}steps:\n  - name: a\n    tcp:\n      receive:\n        █`,
      ['until', 'bytes', 'close'],
    ],
    ['the version of HTTP', `${HEAD}connection:\n  http: █`, ['"1.1"', '"2"']],
    [
      'a step',
      `${HEAD}steps:\n  - name: a\n    █`,
      ['request', 'parallel', 'include', 'repeat', 'if', 'grpc', 'step: request'],
    ],
    [
      'a step of a group',
      `${HEAD}steps:\n  - name: a\n    parallel:\n      - name: b\n        █`,
      ['request', 'expect'],
    ],
    ['expectations', `${STEP}    expect:\n      █`, ['status', 'jsonpath', 'header', 'duration', 'json_schema']],
    ['what is waited for', `${STEP}    repeat:\n      until:\n        █`, ['status', 'jsonpath']],
    [
      'operators',
      `${STEP}    expect:\n      jsonpath:\n        $.a:\n          █`,
      ['equals', 'contains', 'one_of', 'each'],
    ],
    ['a condition of a step', `${STEP}    if:\n      █`, ['value', 'equals', 'exists']],
    ['a capture', `${STEP}    capture:\n      id:\n        █`, ['jsonpath', 'header', 'cookie', 'secret']],
    ['the long form of a request', `${HEAD}steps:\n  - name: a\n    request:\n      █`, ['method', 'url', 'query']],
  ])('in %s', async (_, text, keys) => {
    expect(await offered(text)).toEqual(expect.arrayContaining(keys));
  });

  test('in a file of steps', async () => {
    expect(await offered('█', 'steps')).toEqual(expect.arrayContaining(['version', 'parameters', 'steps']));
  });
});

describe('completion in a policy', () => {
  const head = 'version: 1\nid: p\npriority: P1\n';
  test.each([
    ['at its top', '█', ['priority', 'rules', 'escalation', 'routes', 'inhibit', 'quiet_hours', 'group_by']],
    ['a rule', `${head}rules:\n  - █`, ['scenario', 'threshold', 'ratio', 'absence', 'burn_rate', 'for', 'summary']],
    ['a threshold', `${head}rules:\n  - threshold:\n      █`, ['of', 'is', 'at_least']],
    ['a series', `${head}rules:\n  - threshold:\n      of:\n        █`, ['metric', 'logs', 'requests', 'by', 'window']],
    ['a limit', `${head}rules:\n  - threshold:\n      is:\n        █`, ['gt', 'gte', 'lt', 'lte']],
    ['an aggregate', `${head}rules:\n  - threshold:\n      of:\n        aggregate: █`, ['p95', 'count', 'rate']],
    ['a step', `${head}escalation:\n  - █`, ['after', 'notify', 'repeat']],
    ['quiet hours', `${head}quiet_hours:\n  P3:\n    █`, ['from', 'to', 'timezone', 'days']],
  ])('%s', async (_, text, keys) => {
    expect(await offered(text, 'policy')).toEqual(expect.arrayContaining(keys));
  });

  test('shipped ones, and the one of the documents, have no red lines', async () => {
    const files = ['critical.policy.yaml', 'default.policy.yaml'].map((name) => `../../alerts/policies/${name}`);
    const texts = files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));
    texts.push(/```yaml\n([\s\S]*?)```/.exec(readFileSync(new URL('../rules.md', import.meta.url), 'utf8'))![1]!);
    for (const text of texts) expect(await complaints(text, 'policy')).toEqual([]);
    expect(await complaints(texts[0]!.replace('priority: P1', 'priority: P9'), 'policy')).toHaveLength(1);
  });
});

describe('hover', () => {
  test.each([
    ['a key of the file', `${HEAD}sched█ule: { every: 30s }\n`, 'When it runs by itself: `every` or `cron`.'],
    ['its example', `${HEAD}sched█ule: { every: 30s }\n`, 'every: 30s\njitter: 10%'],
    ['a key of a step', STEP.replace('request', 'requ█est'), 'Method and path: `GET /v1/posts`'],
    ['an assertion', `${STEP}    expect: { json█path: { $.a: 1 } }\n`, 'JSONPath (RFC 9535)'],
    ['an operator', `${STEP}    expect: { jsonpath: { $.a: { cont█ains: 1 } } }\n`, 'A piece of a text'],
    ['a capture', `${STEP}    capture: { id: { header: x, sec█ret: true } }\n`, 'Redacted everywhere.'],
    ['a word with braces', `${HEAD}da█ta: { file: ./a.csv }\n`, '`{{ row.name }}`'],
  ])('on %s', async (_, text, words) => {
    expect(await shown(text)).toMatchObject({ value: expect.stringContaining(words) });
  });
});

test('what is valid has no red lines, what is misspelt has', async () => {
  const suites = new URL('../../scenarios/suites/', import.meta.url);
  for (const file of ['health', 'post-journey', 'posts-list', 'session']) {
    const text = readFileSync(new URL(`${file}.scenario.yaml`, suites), 'utf8');
    expect(readDocument(text, file).diagnostics).toEqual([]);
    expect(await complaints(text.replace(/^# yaml-language-server.*\n/, ''))).toEqual([]);
  }
  expect(await complaints('version: 1\nsteps:\n  - include: ./a.steps.yaml\n', 'steps')).toEqual([]);
  expect(await complaints(STEP.replace('request', 'requst'))).toEqual(['Property requst is not allowed.']);
});

test('two ways of signing in at once are underlined', async () => {
  expect(await complaints(`${STEP}    auth: { bearer: a }\n`)).toEqual([]);
  expect(await complaints(`${STEP}    auth: { bearer: a, basic: { username: a, password: b } }\n`)).not.toEqual([]);
});
