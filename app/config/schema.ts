import { type TSchema, Type } from 'typebox';
import { HeartbeatsSchema } from '../../alerts/inbound/heartbeats.ts';
import type { ChannelProblem, ChannelSettings } from '../../alerts/notifier.ts';
import { OnCallSchema } from '../../alerts/on-call/schema.ts';
import { MaintenanceWindowsSchema } from '../../alerts/silences/schema.ts';
import { DURATION_PATTERN, SIZE_PATTERN } from '../../core/units.ts';
import { ConnectionSchema } from '../../scenarios/language/connection.ts';
import { Name as NAME, NAME_WORDS } from '../../scenarios/language/schema-words.ts';

const TARGET = '^[a-z][a-z0-9+.-]*://[^/?#@\\s]+/?$';

/** A variable may stand for it. */
const HTTP_OR_VARIABLE = '^(https?://|\\$\\{)';

const Duration = (description: string, example: string) =>
  Type.String({
    pattern: DURATION_PATTERN,
    'x-expected': 'a duration such as 30s, 5m or 7d',
    description,
    examples: [example],
  });

const Environment = Type.Object(
  {
    base_url: Type.String({
      minLength: 1,
      description: 'Requests of scenarios are joined to it. Its origin becomes an allowed target.',
      examples: ['https://api.example.com'],
    }),
    variables: Type.Optional(
      Type.Record(Type.String({ pattern: NAME }), Type.Unknown(), {
        'x-expected': 'a mapping from names to values',
        propertyNames: { pattern: NAME, 'x-expected': NAME_WORDS },
        description: 'Values in this environment for variables that scenarios declare.',
        examples: [{ tenant: 'acme' }],
      }),
    ),
    connection: Type.Optional(ConnectionSchema),
  },
  { additionalProperties: false },
);

const Secret = Type.Object(
  {
    env: Type.Optional(
      Type.String({ minLength: 1, description: 'Name of an environment variable.', examples: ['SHOP_QA_PASSWORD'] }),
    ),
    file: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'A file, relative to this one; a line break at its end does not count.',
        examples: ['/run/secrets/token'],
      }),
    ),
    aws_ssm: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Name of a parameter of AWS Systems Manager; credentials come from the usual places of AWS.',
        examples: ['/ringdown/token'],
      }),
    ),
    region: Type.Optional(
      Type.String({ minLength: 1, description: 'AWS region; AWS_REGION when absent.', examples: ['eu-west-1'] }),
    ),
    url: Type.Optional(
      Type.String({
        pattern: '^https?://',
        'x-expected': 'an http or https URL',
        description: 'Where Systems Manager answers instead of AWS.',
        examples: ['http://127.0.0.1:4566'],
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1, 'x-expected': '{ env: … }, { file: … } or { aws_ssm: … }' },
);

const Size = (description: string, example: string) =>
  Type.String({
    pattern: SIZE_PATTERN,
    'x-expected': 'a size such as 500MB or 5GB',
    description,
    examples: [example],
  });

const Relay = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Where telemetry is received; any other address than loopback needs otlp_token.',
        examples: ['0.0.0.0'],
      }),
    ),
    otlp_token: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Senders of OTLP must bring it: Authorization: Bearer …; at least 16 characters.',
        examples: ['${OTLP_TOKEN}'],
      }),
    ),
    spool: Type.Optional(
      Type.Object(
        {
          max_size: Type.Optional(
            Size('Past it the oldest records go, counted as dropped for the backends that have not got them.', '1GB'),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    memory_limit: Type.Optional(Size('Of the relay process; past it, it is started again.', '1GB')),
    statsd: Type.Optional(
      Type.Object(
        {
          unix_socket: Type.Optional(
            Type.String({
              minLength: 1,
              description: 'A stream socket for StatsD besides UDP and TCP, relative to this file.',
              examples: ['/run/ringdown/statsd.sock'],
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    cardinality: Type.Optional(
      Type.Object(
        {
          per_metric: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              description: 'Distinct tag sets of one metric; the rest share one, marked otel.metric.overflow.',
              examples: [2000],
            }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, description: 'How telemetry is received and spooled.' },
);

const Globs = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1 }), { description, examples: [[example]] });

/** Shapes of the entries whose kinds are plug-in folders. */
export interface EntrySchemas {
  /** Of `channels:`. */
  channel: TSchema;
  /** Of `backends:`. */
  backend: TSchema;
  /** Of `sources:`. */
  source: TSchema;
  /** Of `inbound:`. */
  inbound: TSchema;
  /** What no schema can say of an entry of `channels:`, with the place of each below the entry. */
  checkChannel: (entry: ChannelSettings) => readonly ChannelProblem[];
  checkBackend: BackendCheck;
  checkInbound: InboundCheck;
}

/** What no schema can say of an entry of `inbound:`: one clause each, naming the key that it is about. */
export type InboundCheck = (entry: { name: string; type: string }) => readonly string[];

/** What no schema can say of an entry of `backends:`: one clause each, naming the key that it is about. */
export type BackendCheck = (entry: { name: string; type: string; dataDir: string }) => readonly string[];

/** The shape of ringdown.yaml, before `${VARIABLES}` are replaced. */
export const configSchema = ({ channel, backend, source, inbound }: EntrySchemas) =>
  Type.Object(
    {
      version: Type.Literal(1, { description: 'Version of this file format.' }),
      public_url: Type.Optional(
        Type.String({
          description: 'Where people reach this watcher; links in pages begin with it.',
          examples: ['https://ringdown.example.com'],
        }),
      ),
      location: Type.Optional(
        Type.String({
          pattern: '^[a-z0-9][a-z0-9-]*$',
          maxLength: 100,
          'x-expected': 'lower-case letters, digits and hyphens',
          description: 'Where this watcher stands, as scenarios name it in `locations`; `local` when absent.',
          examples: ['seoul'],
        }),
      ),
      environments: Type.Optional(
        Type.Record(Type.String({ pattern: '^[a-z0-9-]+$' }), Environment, {
          description: 'Where scenarios run. Each scenario runs in each environment.',
          examples: [{ production: { base_url: 'https://api.example.com' } }],
          propertyNames: { pattern: '^[a-z0-9-]+$', 'x-expected': 'lower-case letters, digits and hyphens' },
        }),
      ),
      scenarios: Type.Optional(Globs('Scenario files, relative to this file.', 'scenarios/**/*.scenario.yaml')),
      policies: Type.Optional(Globs('Alert policies, relative to this file.', 'policies/*.policy.yaml')),
      allowed_targets: Type.Optional(
        Type.Array(
          Type.String({ pattern: TARGET, 'x-expected': 'scheme://host:port, such as tcp://db.internal:5432' }),
          {
            description: 'Loopback and private targets besides those of base_url that scenarios may reach.',
            examples: [['grpc://127.0.0.1:50051', 'tcp://db.internal:5432']],
          },
        ),
      ),
      functions: Type.Optional(
        Globs('JavaScript files, relative to this file; scenarios call what they export.', 'scenarios/functions.mjs'),
      ),
      secrets: Type.Optional(
        Type.Record(Type.String({ pattern: NAME }), Secret, {
          'x-expected': 'a mapping from names to { env | file | aws_ssm }',
          propertyNames: { pattern: NAME, 'x-expected': NAME_WORDS },
          description: 'Where secrets come from; one that is not listed is the environment variable of its name.',
          examples: [{ QA_PASSWORD: { env: 'SHOP_QA_PASSWORD' } }],
        }),
      ),
      channels: Type.Optional(Type.Array(channel, { description: 'How people are reached.' })),
      on_call: Type.Optional(OnCallSchema),
      maintenance_windows: Type.Optional(MaintenanceWindowsSchema),
      inbound: Type.Optional(Type.Array(inbound, { description: 'Other systems whose alerts become incidents here.' })),
      heartbeats: Type.Optional(HeartbeatsSchema),
      backends: Type.Optional(Type.Array(backend, { description: 'Where telemetry goes.' })),
      sources: Type.Optional(
        Type.Array(source, { description: 'Logs that are fetched instead of sent to us; they go to every backend.' }),
      ),
      relay: Type.Optional(Relay),
      watchdog: Type.Optional(
        Type.Object(
          {
            url: Type.String({
              pattern: HTTP_OR_VARIABLE,
              'x-expected': 'an http or https URL',
              description: 'Called while all is well; whoever is behind it must ring when the calls stay away.',
              examples: ['https://hc-ping.com/your-check'],
            }),
            every: Type.Optional(Duration('Between two calls, at least 1s. Default 1m.', '1m')),
          },
          { additionalProperties: false, description: 'The dead-man: an alarm outside that outlives the watcher.' },
        ),
      ),
      control_targets: Type.Optional(
        Type.Array(
          Type.String({
            pattern: HTTP_OR_VARIABLE,
            'x-expected': 'an http or https URL',
            examples: ['https://one.one.one.one'],
          }),
          {
            minItems: 1,
            maxItems: 10,
            description:
              'Answer whenever the network does. When none does, the watcher is offline, and no service is down.',
            examples: [['https://one.one.one.one', 'https://dns.google']],
          },
        ),
      ),
      retention: Type.Optional(
        Type.Object(
          {
            runs: Type.Optional(
              Duration(
                'Older runs are deleted; the newest 100 of each monitor stay, and those that an incident speaks of. Default 30d.',
                '30d',
              ),
            ),
            incidents: Type.Optional(
              Duration(
                'Incidents that ended before are deleted with their timeline and deliveries, and so are older deployments and overrides. Default 400d.',
                '400d',
              ),
            ),
            rule_answers: Type.Optional(
              Duration(
                'What rules were answered, for `ringdown alerts replay`: days before that are deleted, and the oldest beyond 1 GB; 14d when absent.',
                '14d',
              ),
            ),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false, title: 'ringdown.yaml' },
  );
