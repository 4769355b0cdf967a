import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { parse } from 'yaml';
import { parsePolicy } from '../alerts/policies/parse.ts';
import { parsePolicyTests } from '../alerts/simulation/parse.ts';
import { loadEntrySchemas } from '../app/config/entry-schemas.ts';
import { loadConfig } from '../app/config/load.ts';
import type { EntrySchemas } from '../app/config/schema.ts';
import type { Diagnostic } from '../core/document/index.ts';
import { parseFragment, parseScenario } from '../scenarios/language/parse.ts';
import { ScenarioSchema } from '../scenarios/language/schema.ts';
import { memoryFiles } from '../scenarios/language/source-files.ts';
import { ROOT, temporaryFolder } from './support/ringdown.ts';

/** Every example in the documents is read by what would read it in a user's hands. */
const DOCUMENTS = [
  'README.md',
  'docs/scenarios.md',
  'docs/channels.md',
  'docs/channels/pagerduty.md',
  'docs/channels/slack.md',
  'docs/channels/twilio.md',
  'docs/alerts.md',
  'docs/rules.md',
  'docs/backends.md',
  'docs/inbound.md',
  'docs/workers.md',
  'docs/watchdog.md',
];
const CHANNELS = ['push', 'pager', 'call-kim', 'team', 'mail', 'hook', 'terminal'];

interface Example {
  /** `docs/scenarios.md:17`, of the example's first line. */
  place: string;
  text: string;
}

function examplesIn(document: string): Example[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => ({
    place: `${document}:${text.slice(0, match.index).split('\n').length + 1}`,
    text: match[1]!,
  }));
}

const folder = temporaryFolder();
let schemas: EntrySchemas;
beforeAll(async () => {
  ({ schemas } = await loadEntrySchemas());
});
afterAll(() => folder.remove());

/** What a fragment leaves out because the text around it says so. */
function asScenario(text: string): string {
  const steps = /^- /.test(text) ? `steps:\n${text.replace(/^/gm, '  ')}` : text;
  const has = (key: string) => new RegExp(`^${key}:`, 'm').test(steps);
  const rest = {
    version: '1',
    id: 'example',
    name: 'An example',
    service: 'shop',
    secrets: '[ADMIN_PASSWORD, CLIENT_SECRET, AWS_KEY_ID, AWS_KEY]',
    variables: '{ title: hello, token: abc, id: 7 }',
    steps: '[{ name: asking for health, request: GET /healthz }]',
  };
  const missing = Object.entries(rest).filter(([key]) => !has(key));
  return `${steps}\n${missing.map(([key, value]) => `${key}: ${value}\n`).join('')}`;
}

/** Files that examples name. */
const NAMED = {
  'users.csv': 'email,role\nkim@example.com,admin\n',
  'picture.png': '',
  'openapi.json':
    '{ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "paths": { "/v1/posts": { "get": { "responses": {} } } } }',
  'ca.pem': '-----BEGIN CERTIFICATE-----\n',
  'client.pem': '-----BEGIN CERTIFICATE-----\n',
  'client.key': '-----BEGIN PRIVATE KEY-----\n',
  ...Object.fromEntries(
    examplesIn('docs/scenarios.md').flatMap(({ text }) => {
      const name = /^# (.+\.steps\.yaml)$/m.exec(text)?.[1];
      return name ? [[name, text]] : [];
    }),
  ),
};

function asConfig(text: string): Diagnostic[] {
  const file = join(folder.path, 'ringdown.yaml');
  const content = parse(text) as { version?: number; scenarios?: string[]; policies?: string[]; functions?: string[] };
  for (const pattern of [...(content.scenarios ?? []), ...(content.policies ?? []), ...(content.functions ?? [])]) {
    const example = join(folder.path, pattern.replace('**/', '').replace('*', 'example'));
    mkdirSync(dirname(example), { recursive: true });
    writeFileSync(example, '');
  }
  for (const [name, text] of Object.entries(NAMED)) writeFileSync(join(folder.path, name), text);
  writeFileSync(file, content.version === undefined ? `version: 1\n${text}` : text);
  const anything = new Proxy({}, { get: (_, name) => somethingFor(String(name)) }) as Record<string, string>;
  return loadConfig(file, schemas, anything).diagnostics;
}

/** What a reader would put into the variable. */
function somethingFor(variable: string): string {
  if (variable.endsWith('_URL'))
    return variable.startsWith('SMTP') ? 'smtp://mail.example.com' : 'https://a.example.com';
  return 'placeholder-of-some-length';
}

const SCENARIO_KEYS = Object.keys(ScenarioSchema.properties);

function diagnosticsOf({ text, place }: Example): readonly Diagnostic[] {
  const content = parse(text) as object;
  const keys = Object.keys(content);
  if (keys.includes('cases'))
    return parsePolicyTests(text, place, { policies: ['critical'], channels: CHANNELS, users: ['kim'] }).diagnostics;
  if (keys.includes('escalation')) return parsePolicy(text, place, { channels: CHANNELS }).diagnostics;
  const lists = !('environments' in content) || Array.isArray(content.environments);
  if (Array.isArray(content) || (lists && keys.every((key) => SCENARIO_KEYS.includes(key)))) {
    return parseScenario(asScenario(text), 'example', { files: memoryFiles('example', NAMED) }).diagnostics.map(
      (diagnostic) => ({ ...diagnostic, file: place }),
    );
  }
  if (keys.includes('parameters')) return parseFragment(text, place).diagnostics;
  return asConfig(text);
}

describe.each(DOCUMENTS)('%s', (document) => {
  const examples = examplesIn(document);
  const wrong = (text: string) => /^# wrong: (.+)$/m.exec(text)?.[1];

  test('has examples', () => expect(examples.length).toBeGreaterThan(0));

  test.each(examples.filter(({ text }) => !wrong(text)))('the example at $place is valid', (example) => {
    expect(diagnosticsOf(example)).toEqual([]);
  });

  const mistakes = examples.filter(({ text }) => wrong(text));
  if (mistakes.length > 0) {
    test.each(mistakes)('the mistake at $place is told with its hint', ({ text, place }) => {
      const { diagnostics } = parseScenario(asScenario(text), place);
      const told = diagnostics.map(({ message, hint }) => `${message} ${hint ?? ''}`);
      expect(told).toEqual([expect.stringContaining(wrong(text)!)]);
    });
  }
});

const EVERY_DOCUMENT = globSync(['*.md', 'docs/**/*.md', 'deploy/*.md', 'monitoring/**/README.md'], {
  cwd: ROOT,
  exclude: ['**/node_modules', '**/dist'],
});

/** What a document links to, as paths from the root. */
function linksIn(document: string): { link: string; path: string; anchor: string | undefined }[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link]) => {
    const [path, anchor] = link!.split('#', 2) as [string, string?];
    return { link: link!, path: path === '' ? document : join(dirname(document), path), anchor };
  });
}

test.each(EVERY_DOCUMENT)('links of %s lead somewhere', (document) => {
  const dead = linksIn(document).filter(({ path, anchor }) => {
    const target = join(ROOT, path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });
  expect(dead.map(({ link }) => link)).toEqual([]);
});

test('every document is found by following links from the README', () => {
  const found = new Set(['README.md']);
  // A set grows while it is walked. A link to a folder is one to what lies in it.
  for (const document of found) {
    for (const { path } of linksIn(document))
      for (const other of EVERY_DOCUMENT) if (other === path || dirname(other) === path) found.add(other);
  }
  expect(EVERY_DOCUMENT.filter((document) => !found.has(document))).toEqual([]);
});

/** Anchors of headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
