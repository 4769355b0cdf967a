import { createHash, createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import Type from 'typebox';
import { type Template, template } from '../../../language/template.ts';
import type { HttpRequest } from '../../http/http-session.ts';
import { defineAuth } from '../auth.ts';

const KEYS = ['service', 'region', 'access_key_id', 'secret_access_key', 'session_token'] as const;
type Key = (typeof KEYS)[number];

export interface AwsSpec {
  readonly kind: 'aws';
  readonly fields: readonly { readonly name: Key; readonly value: Template }[];
}

type Credentials = Readonly<Record<Exclude<Key, 'session_token'>, string>> & { readonly session_token?: string };

const text = (description: string, example: string) => Type.String({ minLength: 1, description, examples: [example] });

// Only files that use it pay for loading it, and they do while they are parsed.
const require = createRequire(import.meta.url);
const library = () => require('@smithy/signature-v4') as typeof import('@smithy/signature-v4');

/** Signs the request with AWS Signature Version 4. */
export const auth = defineAuth<AwsSpec, Credentials>({
  kind: 'aws',
  spec: Type.Object(
    {
      service: text('Signing name of the service.', 'execute-api'),
      region: text('Region of the service.', 'eu-west-1'),
      access_key_id: text('Access key.', '{{ secrets.AWS_ACCESS_KEY_ID }}'),
      secret_access_key: text('Its secret.', '{{ secrets.AWS_SECRET_ACCESS_KEY }}'),
      session_token: Type.Optional(text('Of temporary credentials.', '{{ secrets.AWS_SESSION_TOKEN }}')),
    },
    {
      additionalProperties: false,
      description: 'AWS Signature Version 4.',
      examples: [
        {
          service: 'execute-api',
          region: 'eu-west-1',
          access_key_id: '{{ secrets.AWS_ACCESS_KEY_ID }}',
          secret_access_key: '{{ secrets.AWS_SECRET_ACCESS_KEY }}',
        },
      ],
    },
  ),
  compile(written) {
    library();
    const found = written as Readonly<Record<Key, string | undefined>>;
    const fields = KEYS.flatMap((name) => {
      const value = found[name];
      return value === undefined
        ? []
        : [{ name, value: template(value, name === 'session_token' ? 'header' : 'none') }];
    });
    return { kind: 'aws', fields };
  },
  fill({ fields }, fill) {
    return Object.fromEntries(fields.map(({ name, value }) => [name, fill.text(value)])) as unknown as Credentials;
  },
  async authorize(credentials, request, { clock }) {
    const headers = await sign(credentials, request, new Date(clock.now()));
    const { session_token: token } = credentials;
    return { headers, ...(token === undefined ? {} : { secrets: [token] }) };
  },
});

/** The headers that sign a request; no others of it are covered than host, content-type and those of AWS itself. */
export async function sign(credentials: Credentials, request: HttpRequest, at: Date): Promise<Record<string, string>> {
  const { service, region } = credentials;
  const { url, body } = request;
  const isS3 = /^s3/.test(service);
  const signer = new (library().SignatureV4)({
    service,
    region,
    credentials: {
      accessKeyId: credentials.access_key_id,
      secretAccessKey: credentials.secret_access_key,
      ...(credentials.session_token === undefined ? {} : { sessionToken: credentials.session_token }),
    },
    sha256: Sha256,
    // S3 takes paths as they are, and wants to know the digest of the body.
    uriEscapePath: !isS3,
    applyChecksum: isS3,
  });
  const covered = Object.entries(request.headers).filter(([name]) => name === 'content-type' || /^x-amz-/.test(name));
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { host: url.host, ...Object.fromEntries(covered) },
      ...(body === null ? {} : { body }),
    },
    { signingDate: at },
  );
  const { host: _, ...headers } = signed.headers;
  return headers;
}

function queryOf({ searchParams }: URL): Record<string, string | string[]> {
  const query: Record<string, string[]> = {};
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value];
  return query;
}

/** SHA-256 and its HMAC as the library wants to be given them. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHmac> | ReturnType<typeof createHash>;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a digest is made once');
  }
}

function bytesOf(key: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof key === 'string') return Buffer.from(key);
  return ArrayBuffer.isView(key) ? Buffer.from(key.buffer, key.byteOffset, key.byteLength) : Buffer.from(key);
}
