import Type from 'typebox';
import type { SpecProblem } from '../engine/assertions/assertion.ts';
import type { Files } from '../engine/files.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION } from '../engine/http/connection.ts';
import type { Connection } from './model.ts';
import { closed, text } from './schema-words.ts';
import { type Rendered, renderString, type Scope, type Template, template } from './template.ts';
import { field, isMapping, type Mapping } from './written.ts';

/** How connections are made; stands in an environment, a scenario and a step, the narrower over the wider, key by key. */
export const ConnectionSchema = Type.Object(
  {
    http: Type.Optional(
      Type.Unsafe<string | number>({
        enum: ['1.1', '2', 1.1, 2],
        description: 'Version of HTTP: "1.1" (the default) or "2" (ALPN for https, prior knowledge for http).',
        examples: ['2'],
      }),
    ),
    proxy: Type.Optional(
      text('HTTP proxy. Credentials in it are a secret.', 'http://proxy.example.com:3128', {
        pattern: '^https?://|\\{\\{',
        'x-expected': 'an http URL',
      }),
    ),
    ca: Type.Optional(text('File of certificates (PEM) that are trusted instead of the built-in ones.', './ca.pem')),
    client_certificate: Type.Optional(
      Type.Object(
        {
          cert: Type.Optional(text('File of the certificate (PEM), perhaps with its chain.', './client.pem')),
          key: Type.Optional(text('File of its private key (PEM).', './client.key')),
          passphrase: Type.Optional(
            Type.String({ description: 'Of the private key.', examples: ['{{ secrets.KEY_PASSPHRASE }}'] }),
          ),
        },
        {
          ...closed,
          description: 'How the client proves who it is in TLS.',
          examples: [{ cert: './client.pem', key: './client.key' }],
        },
      ),
    ),
    verify: Type.Optional(
      Type.Boolean({
        description: 'false: a certificate that is not trusted is accepted, and shown as such.',
        examples: [false],
      }),
    ),
    ip: Type.Optional(
      Type.Unsafe<4 | 6>({ enum: [4, 6], description: 'The only version of IP to use.', examples: [4] }),
    ),
    servername: Type.Optional(
      text('Name for SNI, which the certificate has to carry, instead of the host of the URL.', 'api.example.com'),
    ),
    resolve: Type.Optional(text('Address that is connected to, instead of what the name resolves to.', '203.0.113.5')),
  },
  {
    ...closed,
    minProperties: 1,
    description: 'How connections are made. A step’s stands over the scenario’s, that over the environment’s.',
    examples: [{ http: '2', ca: './ca.pem' }],
  },
);

/** What the schema cannot see; paths count from `connection`. */
export function checkConnection(written: unknown, files: Files): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const look = (path: string[], file: unknown, pem: RegExp, what: string) => {
    if (typeof file !== 'string' || file === '') return;
    const found = files.text(file);
    const report = (message: string, hint?: string) => {
      problems.push({ path, part: 'value', message, ...(hint ? { hint } : {}) });
    };
    if ('error' in found) report(`${file} cannot be read: ${found.error}`);
    else if (!pem.test(found.value)) report(`${file} holds no ${what} in PEM`, 'it begins with -----BEGIN');
  };
  const client = field(written, 'client_certificate');
  look(['ca'], field(written, 'ca'), CERTIFICATE, 'certificate');
  look(['client_certificate', 'cert'], field(client, 'cert'), CERTIFICATE, 'certificate');
  look(['client_certificate', 'key'], field(client, 'key'), PRIVATE_KEY, 'private key');
  return problems;
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

/** @param written a connection that passed `checkConnection`, or nothing */
export function compileConnection(written: unknown, files: Files): Connection | null {
  if (!isMapping(written)) return null;
  const client = written.client_certificate;
  const read = (file: unknown) => {
    const found = files.text(String(file));
    return 'value' in found ? found.value : '';
  };
  return {
    ...(written.http !== undefined && { http: String(written.http) as '1.1' | '2' }),
    ...(written.proxy !== undefined && { proxy: template(written.proxy) }),
    ...(written.ca !== undefined && { ca: read(written.ca) }),
    ...(isMapping(client) && { clientCertificate: compileClient(client, read) }),
    ...(written.verify !== undefined && { verify: written.verify === true }),
    ...(written.ip !== undefined && { ip: written.ip as 4 | 6 }),
    ...(written.servername !== undefined && { servername: template(written.servername) }),
    ...(written.resolve !== undefined && { resolve: template(written.resolve) }),
  };
}

function compileClient(
  written: Mapping,
  read: (file: unknown) => string,
): NonNullable<Connection['clientCertificate']> {
  return {
    ...(written.cert !== undefined && { cert: read(written.cert) }),
    ...(written.key !== undefined && { key: read(written.key) }),
    ...(written.passphrase !== undefined && { passphrase: template(written.passphrase) }),
  };
}

/** The settings that a connection comes to, of whatever it does not mention the default. @param connection all levels merged */
export function renderConnection(connection: Connection, scope: Scope): Rendered<ConnectionSettings> {
  const { cert, key, passphrase } = connection.clientCertificate ?? {};
  const texts: Record<string, string | null> = {};
  for (const [name, written] of Object.entries({ ...textsOf(connection), passphrase })) {
    if (written === undefined) continue;
    const rendered = renderString(written, scope);
    if ('error' in rendered) return rendered;
    texts[name] = rendered.value;
  }
  return {
    value: {
      http: connection.http ?? DEFAULT_CONNECTION.http,
      proxy: texts.proxy ?? null,
      ca: connection.ca ?? null,
      clientCertificate:
        cert === undefined || key === undefined ? null : { cert, key, passphrase: texts.passphrase ?? null },
      verify: connection.verify ?? true,
      ip: connection.ip ?? null,
      servername: texts.servername ?? null,
      resolve: texts.resolve ?? null,
    },
  };
}

function textsOf({ proxy, servername, resolve }: Connection): Record<string, Template | undefined> {
  return { proxy, servername, resolve };
}
