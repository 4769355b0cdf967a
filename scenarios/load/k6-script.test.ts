import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { tokenizer } from 'acorn';
import { renderDiagnostics } from '../../core/document/index.ts';
import { diskFiles, memoryFiles } from '../language/source-files.ts';
import { AGREEMENT_CASES } from './testing/agreement-cases.ts';
import { scriptOf } from './testing/parse.ts';
import { PROTOCOL_CASES } from './testing/protocol-cases.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const JOURNEY = readFileSync(join(import.meta.dirname, 'test-data/journey.scenario.yaml'), 'utf8');
const BEGIN = '-----BEGIN';
const PROTOCOLS = readFileSync(join(import.meta.dirname, 'test-data/protocols.scenario.yaml'), 'utf8');
const PROTOCOLS_FILES = diskFiles(join(import.meta.dirname, 'test-data/protocols.scenario.yaml'));
const MINIMAL = 'version: 1\nid: x\nname: x\nservice: x\n';

function script(text: string, options = {}): string {
  const made = scriptOf(text, options);
  if ('refusals' in made) throw new Error(renderDiagnostics(made.refusals, text));
  return made.script;
}

function refusals(text: string): string {
  const made = scriptOf(text);
  if ('script' in made) throw new Error('it was not refused');
  return renderDiagnostics(made.refusals, text);
}

test('a script reads as a person would write it', () => {
  const [own] = script(JOURNEY).split('// From here on');
  expect(own).toBe(readFileSync(join(import.meta.dirname, 'test-data/journey.script.txt'), 'utf8'));
});

test('so does one that speaks other protocols', () => {
  const made = scriptOf(PROTOCOLS, { files: PROTOCOLS_FILES });
  if ('refusals' in made) throw new Error(renderDiagnostics(made.refusals, PROTOCOLS));
  const [own] = made.script.split('// From here on');
  expect(own).toBe(readFileSync(join(import.meta.dirname, 'test-data/protocols.script.txt'), 'utf8'));
  expect([...made.files.keys()]).toEqual(['protocols.protoset']);
});

test('scripts satisfy the types of k6', () => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.cache', 'k6-types-'));
  try {
    const suites = globSync('scenarios/suites/*.scenario.yaml', { cwd: ROOT });
    const texts = [
      JOURNEY,
      ...suites.map((file) => readFileSync(join(ROOT, file), 'utf8')),
      ...[...AGREEMENT_CASES, ...PROTOCOL_CASES].filter(({ files }) => !files).map(({ yaml }) => MINIMAL + yaml),
    ];
    const scripts = [...texts.map((text) => script(text)), script(PROTOCOLS, { files: PROTOCOLS_FILES })];
    const files = scripts.map((made, index) => {
      const file = join(folder, `${index}.js`);
      writeFileSync(file, made);
      return file;
    });
    const flags =
      '--noEmit --ignoreConfig --allowJs --checkJs --strict --noImplicitAny false --target es2023 --lib es2023,dom';
    const modules = '--module esnext --moduleResolution bundler --types k6';
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, ...`${flags} ${modules}`.split(' '), ...files], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a script carries only what it needs of what judges and fills in', () => {
  const health = script(`${MINIMAL}steps: [{ name: health, request: GET /healthz }]\n`);
  expect(health.split('\n').length).toBeLessThan(351);
  expect(health).not.toMatch(/function (?:select|uuid|jsonText|holds|parallel)\b/);
});

describe('what comes from a file stays what it is', () => {
  test('values of secrets come from the environment', () => {
    const made = script(JOURNEY);
    expect(made).toContain("const secrets = { SHOP_TOKEN: needed('SHOP_TOKEN') };");
  });

  test('names cannot end a comment or a text', () => {
    const name = "*/ evil(); /* ${evil()} `evil()` '); evil(' \u2028";
    const made = script(`${MINIMAL.replace('name: x', `name: ${JSON.stringify(name)}`)}steps:
  - { name: ${JSON.stringify(name)}, request: ${JSON.stringify("GET /`${evil()}`'\\/{{ $uuid }}")}, expect: { body: ${JSON.stringify(name)} } }
`);
    const words = [...tokenizer(made, { ecmaVersion: 2023, sourceType: 'module' })].map(({ start, end }) =>
      made.slice(start, end),
    );
    expect(words).toContain('statusIs');
    expect(words).not.toContain('evil');
  });

  test('steps whose names are no identifiers, or the same one, get functions of their own', () => {
    const made = script(`${MINIMAL}steps:
  - { name: 로그인 하기, request: GET /a }
  - { name: send, request: GET /b }
  - { name: "1st", request: GET /c }
  - { name: "write!", request: GET /d }
  - { name: write, request: GET /e }
  - { name: "…", request: GET /f }
`);
    const names = [...made.matchAll(/^ {6}step\('.*?', (.+)\);$/gm)].map(([, name]) => name);
    expect(names).toEqual(['로그인하기', 'send2', 'step1st', 'write', 'write2', 'step2']);
  });
});

describe('the address', () => {
  test('has to be set where no environment is chosen', () => {
    const made = script(`${MINIMAL}steps: [{ name: health, request: GET /healthz }]\n`, { environment: null });
    expect(made).toContain("const BASE_URL = needed('BASE_URL').replace(");
    expect(made).toContain('// k6 run -e BASE_URL=https://… x.js');
  });
});

describe('how often it starts', () => {
  const options = (load: string) => script(`${MINIMAL}steps: [{ name: health, request: GET /healthz }]\n${load}`);

  test('without load, once', () => {
    expect(options('')).toContain("executor: 'per-vu-iterations'");
  });

  test('one phase is a constant rate', () => {
    const made = options('load: { phases: [{ duration: 90s, arrival_rate: 50 }] }');
    expect(made).toMatch(/constant-arrival-rate',\s+rate: 50,\s+timeUnit: '1s',\s+duration: '90s'/);
    expect(made).toMatch(/preAllocatedVUs: 50,\s+maxVUs: 500,/);
  });

  test('several phases are steps, each held for its duration', () => {
    const made = options(
      'load: { phases: [{ duration: 10s, arrival_rate: 0.5 }, { duration: 1m30s, arrival_rate: 2 }] }',
    );
    expect(made).toContain("startRate: 30,\n      timeUnit: '1m',");
    expect(made.replace(/\s+/g, ' ')).toContain(
      "{ duration: '10s', target: 30 }, { duration: '0s', target: 120 }, { duration: '90s', target: 120 }",
    );
  });
});

test('what k6 cannot do is refused, all of it, with the step and its place', () => {
  const text = `${MINIMAL}connection: { proxy: "http://proxy:3128" }
steps:
  - name: resolving
    dns: { name: example.com, type: A }
  - name: hidden
    request: GET /
    expect: { header: { transfer-encoding: chunked } }
  - name: flags
    request: GET /
    expect: { body: { matches: "a(?i:b)" } }
  - name: invented
    request: GET /{{ $faker("person.firstName") }}
  - name: moved
    request: { method: PUT, url: /, max_redirects: 1 }
`;
  expect(
    refusals(text)
      .split('\n')
      .filter((line) => line.startsWith('test.scenario.yaml')),
  ).toEqual([
    'test.scenario.yaml:5:13: k6 cannot do connection: proxy',
    'test.scenario.yaml:7:11: step "resolving": k6 cannot do a step of the kind dns',
    'test.scenario.yaml:9:11: step "hidden": k6 cannot do the header transfer-encoding, which k6 does not show',
    'test.scenario.yaml:12:11: step "flags": k6 cannot do the regular expression a(?i:b): k6 has nothing like flags inside a pattern, such as (?i:…)',
    'test.scenario.yaml:15:11: step "invented": k6 cannot do $faker in a template',
    'test.scenario.yaml:17:11: step "moved": k6 cannot do max_redirects with PUT',
  ]);
});

test('what stands in a fragment is told there', () => {
  const text = `${MINIMAL}steps:
  - include: ./parts/outer.steps.yaml
    prefix: "one: "
`;
  const contents = {
    'parts/outer.steps.yaml': 'version: 1\nsteps:\n  - include: ./inner.steps.yaml\n    prefix: "two: "\n',
    'parts/inner.steps.yaml':
      'version: 1\nsteps:\n  - name: resolving\n    dns: { name: example.com, type: A }\n  - { name: fine, request: GET / }\n',
  };
  const made = scriptOf(text, { files: memoryFiles('test.scenario.yaml', contents) });
  if ('script' in made) throw new Error('it was not refused');
  expect(made.refusals).toMatchObject([
    {
      file: 'parts/inner.steps.yaml',
      line: 3,
      column: 11,
      message: 'step "one: two: resolving": k6 cannot do a step of the kind dns',
    },
  ]);
  expect(renderDiagnostics(made.refusals, made.texts)).toContain('- name: resolving');
});

describe('connections', () => {
  const steps = (...connections: string[]) =>
    `steps:\n${connections.map((one, index) => `  - { name: step ${index}, request: GET /, connection: ${one} }\n`).join('')}`;

  test('what all steps agree on holds for the script', () => {
    const both = steps('{ verify: false, ip: 4 }', '{ ip: 4, verify: false }');
    const made = script(`${MINIMAL}${both}  - { name: waiting, pause: 1s }\n`);
    expect(made).toContain('insecureSkipTLSVerify: true,');
    expect(made).toContain("dns: { ttl: '5m', select: 'random', policy: 'onlyIPv4' },");
  });

  test('a step that differs is named', () => {
    expect(refusals(MINIMAL + steps('{ ip: 4 }', '{ ip: 4 }', '{ ip: 6 }'))).toContain(
      'step "step 2": k6 cannot do connection: ip for one step',
    );
  });

  test('names are resolved elsewhere, those of whole URLs as well', () => {
    const made = script(
      `${MINIMAL}connection: { resolve: 10.0.0.5 }\nsteps: [{ name: a, request: GET / }, { name: b, request: GET https://b.example.com/x }]\n`,
    );
    expect(made).toContain("hosts: { 'staging.example.com': '10.0.0.5', 'b.example.com': '10.0.0.5' },");
  });

  test('a client certificate comes from the environment, its key never stands in a script', () => {
    const files = { 'c.pem': `${BEGIN} CERTIFICATE-----\n`, 'k.pem': `${BEGIN} PRIVATE KEY-----\n` };
    const made = scriptOf(
      `${MINIMAL}secrets: [WORD]\nconnection: { client_certificate: { cert: ./c.pem, key: ./k.pem, passphrase: "{{ secrets.WORD }}" } }\nsteps: [{ name: a, request: GET / }]\n`,
      { files: memoryFiles('test.scenario.yaml', files) },
    );
    if (!('script' in made)) throw new Error('it was refused');
    expect(made.script.replace(/\s+/g, ' ')).toContain(
      "tlsAuth: [ { cert: needed('CLIENT_CERTIFICATE'), key: needed('CLIENT_KEY'), password: text`${secrets.WORD}` }, ],",
    );
    expect(made.script).toContain('-e CLIENT_KEY="$(cat key.pem)" x.js');
    expect(made.script).not.toContain(BEGIN);
    expect(made.variables).toEqual({ CLIENT_CERTIFICATE: files['c.pem'], CLIENT_KEY: files['k.pem'] });
  });
});

test('with a seed, a load test repeats its random values', () => {
  const made = script(`${MINIMAL}seed: 42\nvariables: { id: "{{ $uuid }}" }\nsteps: [{ name: a, request: GET / }]\n`);
  expect(made).toContain('  iteration(() => {\n    repeatable(42);\n');
});

test('what k6 cannot do with other protocols is refused', () => {
  const grpc = '{ url: grpc://h:1, method: greeter.Greeter/SayHello }';
  const text = `${MINIMAL}steps:
  - { name: streaming, grpc: { url: grpc://h:1, method: greeter.Greeter/KeepSaying, proto: ./greeter.proto } }
  - { name: size, grpc: ${grpc}, expect: { bytes: 3 } }
  - { name: phase, grpc: ${grpc}, expect: { duration: { first_byte: { lt: 1s } } } }
  - { name: digest, websocket: { url: /ws, messages: [{ receive: { sha256: { contains: a } } }] } }
  - name: together
    parallel:
      - { name: calling, grpc: ${grpc} }
      - { name: signed, request: GET /, auth: { digest: { username: u, password: p } } }
`;
  const made = scriptOf(text, { files: PROTOCOLS_FILES });
  expect('refusals' in made && made.refusals.map(({ message }) => message)).toEqual([
    'step "streaming": k6 cannot do a method that streams its answers',
    'step "size": k6 cannot do bytes of a grpc step',
    'step "phase": k6 cannot do the duration of first_byte in a grpc step',
    'step "digest": k6 cannot do sha256 of a message',
    'step "calling": k6 cannot do a step of the kind grpc in a parallel group',
    'step "signed": k6 cannot do auth: digest in a parallel group',
  ]);
});
