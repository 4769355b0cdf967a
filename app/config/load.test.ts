import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadEntrySchemas } from './entry-schemas.ts';
import { loadConfig } from './load.ts';
import type { EntrySchemas } from './schema.ts';
import { withPlaceholders } from './substitute.ts';

let schemas: EntrySchemas;
let folder: string;
beforeAll(async () => {
  ({ schemas } = await loadEntrySchemas());
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, env: Record<string, string> = {}) {
  const file = join(folder, 'ringdown.yaml');
  writeFileSync(file, text);
  const { value, diagnostics } = loadConfig(file, schemas, env);
  return { config: value, messages: diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`) };
}

describe('ringdown.yaml', () => {
  test('what it does not say has defaults', () => {
    const { config, messages } = load('version: 1\n');
    expect(messages).toEqual([]);
    expect(config).toMatchObject({
      publicUrl: undefined,
      environments: [],
      scenarioFiles: undefined,
      channels: [],
      backends: [{ name: 'local', type: 'embedded', retention: '7d', max_size: '5GB' }],
      runRetentionMs: 30 * 86_400_000,
      incidentRetentionMs: 400 * 86_400_000,
    });
  });

  test('the token of the relay is judged by its value, which may come from the environment', () => {
    const text = `version: 1\nrelay:\n  host: 0.0.0.0\n  otlp_token: "\${OTLP_TOKEN}"\n`;
    expect(load(text, { OTLP_TOKEN: 'sixteen-letters!' }).messages).toEqual([]);
    expect(load(text, { OTLP_TOKEN: 'short' }).messages).toEqual(['4:15 otlp_token must have at least 16 characters']);
  });

  test('a pattern may be an absolute path', () => {
    writeFileSync(join(folder, 'a.scenario.yaml'), '');
    const { config, messages } = load(`version: 1\nscenarios: ["${folder}/*.scenario.yaml"]\n`);
    expect(messages).toEqual([]);
    expect(config.scenarioFiles).toEqual([join(folder, 'a.scenario.yaml')]);
  });

  test('a template of a webhook that names what no page has is told where it stands', () => {
    const text = `version: 1
channels:
  - name: hook
    type: webhook
    url: https://hooks.example.com
    template: { text: "{{ incident.titel }}" }
`;
    expect(load(text).messages).toEqual(['6:23 there is no "incident.titel"']);
  });

  test('a channel that could never reach anybody is told at start, without its secrets', () => {
    const text = `version: 1
channels:
  - { name: hook, type: webhook, url: "\${HOOK}" }
  - { name: mail, type: email, url: "https://mail.example.com", from: ringdown@example.com, to: [team] }
  - { name: push, type: ntfy, url: "https://ntfy.sh/" }
`;
    const { messages } = load(text, { HOOK: 'hooks.example.com/secret-canary' });
    expect(messages).toEqual(['4:98 to[0] must be an e-mail address, found the text "team"']);
    const mended = load(text.replace('[team]', '[team@example.com]'), { HOOK: 'hooks.example.com/secret-canary' });
    expect(mended.messages).toEqual([
      '3:39 url must be an http or https address',
      '4:37 url must be smtp://… or smtps://…',
      '5:36 url must be https://<server>/<topic>, with a topic of at most 64 letters, digits, - and _',
    ]);
    const file = join(folder, 'ringdown.yaml');
    writeFileSync(file, 'version: 1\nchannels: [{ name: hook, type: webhook, url: "${HOOK}" }]\n');
    expect(loadConfig(file, schemas, withPlaceholders({})).diagnostics).toEqual([]);
  });

  test('what a variable stands for is not judged where its value is not asked for', () => {
    const file = join(folder, 'ringdown.yaml');
    const text = `version: 1
public_url: "\${URL}"
environments: { production: { base_url: "\${URL}" } }
relay: { host: 0.0.0.0, otlp_token: "\${TOKEN}" }
`;
    writeFileSync(file, text);
    expect(loadConfig(file, schemas, withPlaceholders({})).diagnostics).toEqual([]);
    expect(load(text, { URL: 'ftp://a.example', TOKEN: 'short' }).messages).toHaveLength(3);
  });

  test('every setting may come from the environment, and is judged by what it then is, without telling it', () => {
    const entry = `{ name: elk, type: elasticsearch, url: "\${URL}", retention: "\${KEEP}" }`;
    const text = `version: 1\nbackends:\n  - ${entry}\n`;
    const { config, messages } = load(text, { URL: 'https://elastic.example.com', KEEP: '30d' });
    expect(messages).toEqual([]);
    expect(config.backends).toMatchObject([{ url: 'https://elastic.example.com', retention: '30d' }]);
    expect(load(text, { URL: 'elastic:9200', KEEP: 'canary' }).messages).toEqual([
      '3:44 url must be a URL that begins with http:// or https://, found the text "${URL}"',
      '3:65 retention must be a duration such as 12h or 30d, found the text "${KEEP}"',
    ]);
    expect(load(text, { URL: 'https://elastic.example.com' }).messages).toEqual([
      '3:66 environment variable KEEP is not set',
    ]);
    writeFileSync(join(folder, 'ringdown.yaml'), text);
    expect(loadConfig(join(folder, 'ringdown.yaml'), schemas, withPlaceholders({})).diagnostics).toEqual([]);
  });

  test('what goes together in a backend is told at its key, all at once, but for what a variable or another machine decides', () => {
    const text = `version: 1
backends:
  - { name: tick, type: tick, url: "influx:8086", telegraf: "8125" }
  - { name: elk, type: elasticsearch, url: "https://x", api_key: a, username: b, ca_file: /nowhere.pem }
  - { name: other, type: tick, url: "\${URL}", retention: 30m }
`;
    const file = join(folder, 'ringdown.yaml');
    writeFileSync(file, text);
    const { diagnostics } = loadConfig(file, schemas, withPlaceholders({}));
    expect(diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '3:61 telegraf: expected udp://host:port, tcp://host:port or unix:///path',
      '3:36 url: expected http:// or https://',
      '4:66 api_key and username exclude each other',
      '4:79 username and password go together',
      expect.stringMatching(/^5:\d+ retention: InfluxDB keeps data for 1h at least/),
    ]);
  });

  test('environments carry variables, and secrets say where they come from', () => {
    const { config, messages } = load(
      `version: 1
environments: { staging: { base_url: 'https://a.example', variables: { tenant: acme, size: 3 }, connection: { verify: false } } }
allowed_targets: ['grpc://127.0.0.1:50051']
secrets:
  PASSWORD: { env: SHOP_PASSWORD }
  TOKEN: { file: ./token.txt }
  KEY: { aws_ssm: /ringdown/key, region: eu-west-1 }
`,
    );
    expect(messages).toEqual([]);
    expect(config.environments).toEqual([
      {
        name: 'staging',
        baseUrl: 'https://a.example',
        variables: { tenant: 'acme', size: 3 },
        connection: { verify: false },
      },
    ]);
    expect(config.allowedTargets).toEqual(['grpc://127.0.0.1:50051']);
    expect(config.secretSources).toEqual({
      PASSWORD: { env: 'SHOP_PASSWORD' },
      TOKEN: { file: join(folder, 'token.txt') },
      KEY: { aws_ssm: '/ringdown/key', region: 'eu-west-1' },
    });
  });

  test('what is wrong inside an environment is told at its place', () => {
    const { messages } = load(
      `version: 1
environments:
  a:
    base_url: https://a.example
    variables: { who: "{{ $nobody }}" }
    connection: { ca: ./nowhere.pem }
`,
    );
    expect(messages).toEqual([
      '6:23 ./nowhere.pem cannot be read: there is no such file',
      expect.stringMatching(/^5:\d+ .*nobody/),
    ]);
  });

  test('a secret has one source', () => {
    const { messages } = load(
      `version: 1
secrets:
  A: { env: X, file: y }
  B: { region: eu-west-1 }
  C: { env: X, region: eu-west-1 }
functions: [nowhere.mjs]
`,
    );
    expect(messages).toEqual([
      '3:22 secret A has two sources',
      '4:6 secret B has no source',
      '5:24 "region" belongs to aws_ssm',
      '6:13 no file matches',
    ]);
  });

  test('variables are replaced inside values, several in one', () => {
    const { config } = load(
      'version: 1\nenvironments: { e: { base_url: "https://${HOST}:${PORT}" } }\npublic_url: https://x.example/\n',
      { HOST: 'api.example.com', PORT: '8443' },
    );
    expect(config.environments).toMatchObject([{ name: 'e', baseUrl: 'https://api.example.com:8443' }]);
    expect(config.publicUrl).toBe('https://x.example');
  });

  test('a missing variable is told at its place, an empty one too, and no value is ever printed', () => {
    const text =
      'version: 1\nchannels:\n  - { name: a, type: slack, url: "${A}" }\n  - { name: b, type: slack, url: "https://x/${B}" }\n  - { name: c, type: pagerduty, routing_key: "${SECRET}", urll: x }\n';
    const { messages } = load(text, { A: '', SECRET: 'canary' });
    expect(messages).toContain('3:35 environment variable A is not set');
    expect(messages).toContain('4:45 environment variable B is not set');
    expect(messages.join()).not.toContain('canary');
  });

  test('globs are relative to the file, and one that matches nothing is an error', () => {
    writeFileSync(join(folder, 'a.scenario.yaml'), '');
    const { config, messages } = load('version: 1\nscenarios: ["*.scenario.yaml", "nope/*.yaml"]\n');
    expect(config.scenarioFiles).toEqual([join(folder, 'a.scenario.yaml')]);
    expect(messages).toEqual(['2:32 no file matches']);
  });

  test.each([
    ['version: 2\n', /1:10 .*version/],
    ['version: 1\nenvironmants: {}\n', /2:1 unknown key "environmants"/],
    ['version: 1\nenvironments: { "Prod!": { base_url: "https://x" } }\n', /2:17 "Prod!" is not allowed as a key/],
    [
      'version: 1\nenvironments: { e: { base_url: "file:///etc/passwd" } }\n',
      /2:32 base_url must be an http or https URL/,
    ],
    ['version: 1\npublic_url: nowhere\n', /2:13 public_url must be an http or https URL/],
    ['version: 1\nbackends: [{ name: x, type: elastic }]\n', /2:29 /],
    ['version: 1\nretention: { runs: 30 }\n', /2:20 .*duration/],
    ['version: 1\nchannels: [{ name: all, type: console }]\n', /2:20 "all" stands for every channel/],
    ['version: 1\nchannels: [{ name: x, type: slak, url: y }]\n', /2:29 /],
    ['- version: 1\n', /1:1 /],
    ['', /1:1 /],
  ])('%j is refused', (text, expected) => {
    expect(load(text).messages.join('\n')).toMatch(expected);
  });

  test('a file that is not there is an error that names it', () => {
    const { diagnostics } = loadConfig(join(folder, 'none.yaml'), schemas, {});
    expect(diagnostics).toMatchObject([{ file: join(folder, 'none.yaml'), message: 'there is no such file' }]);
  });

  test('on-call, inbound, heartbeats, dead-man and control targets', () => {
    const text = `version: 1
channels: [{ name: push, type: ntfy, url: "https://ntfy.example.com/topic" }]
on_call:
  users: { kim: { name: Kim Minji, notify: [{ channel: push }] } }
  schedules: { primary: { timezone: Asia/Seoul, rotations: [{ users: [kim], every: 1w, start: "2026-11-02T09:00" }] } }
inbound: [{ name: alertmanager, type: alertmanager, token: "\${TOKEN}" }]
heartbeats: [{ name: nightly-backup, token: "\${TOKEN}" }]
maintenance_windows:
  - { id: nightly, matchers: [{ label: service, value: billing }], schedule: { cron: "0 2 * * *", timezone: Asia/Seoul, duration: 1h } }
watchdog: { url: "https://hc.example.com/1", every: 30s }
control_targets: ["https://one.one.one.one"]
`;
    const { config, messages } = load(text, { TOKEN: 'a-token-of-some-length' });
    expect(messages).toEqual([]);
    expect([...config.onCall!.schedules.keys()]).toEqual(['primary']);
    expect(config.inbound).toEqual([{ name: 'alertmanager', type: 'alertmanager', token: 'a-token-of-some-length' }]);
    expect(config.heartbeats).toEqual([{ name: 'nightly-backup', token: 'a-token-of-some-length' }]);
    expect(config.maintenance.map(({ id, schedule }) => [id, schedule])).toEqual([
      ['nightly', { cron: '0 2 * * *', timezone: 'Asia/Seoul', duration_ms: 3_600_000 }],
    ]);
    expect(config.deadMan).toEqual({ url: 'https://hc.example.com/1', everyMs: 30_000 });
    expect(config.controlTargets).toEqual(['https://one.one.one.one']);
  });

  test('mistakes in them are told at their place', () => {
    const shape = `version: 1
heartbeats: [{ name: nightly, token: short }]
watchdog: { url: "ftp://hc.example.com" }
control_targets: [one.one.one.one]
`;
    expect(load(shape).messages).toEqual([
      '2:38 token must have at least 16 characters',
      '3:18 url must be an http or https URL, found the text "ftp://hc.example.com"',
      '4:19 control_targets[0] must be an http or https URL, found the text "one.one.one.one"',
    ]);
    const meaning = `version: 1
on_call:
  users: { kim: { notify: [{ channel: pusj }] } }
inbound:
  - { name: am, type: alertmanager, token: "0123456789abcdef" }
  - { name: am, type: alertmanager, token: "0123456789abcdef" }
  - { name: open, type: grafana }
watchdog: { url: "https://hc.example.com", every: 10ms }
`;
    expect(load(meaning).messages).toEqual([
      '8:51 the dead-man cannot be called more often than once a second',
      '6:13 the name "am" is used twice',
      '7:5 needs a token, or hmac: anybody could make a phone ring',
      '3:39 unknown channel "pusj"',
    ]);
  });
});
