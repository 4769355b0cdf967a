import { createHash, createHmac } from 'node:crypto';

type Runtime = Record<string, unknown>;

const files = ['conditions', 'json-path', 'templates', 'generators'];
const runtime: Runtime = Object.assign(
  {},
  ...(await Promise.all(files.map((file) => import(new URL(`../runtime/${file}.js`, import.meta.url).href)))),
);

/** What k6's own modules do, as far as templates use them. */
const modules: Runtime = {
  encoding: {
    b64encode: (text: string, kind?: string) => Buffer.from(text).toString(kind === 'rawurl' ? 'base64url' : 'base64'),
  },
  crypto: {
    sha256: (text: string, encoding: BufferEncoding) => createHash('sha256').update(text).digest(kindOf(encoding)),
    hmac: (_algorithm: string, key: string, text: string, encoding: BufferEncoding) =>
      createHmac('sha256', key).update(text).digest(kindOf(encoding)),
  },
};

const kindOf = (encoding: string) =>
  (encoding === 'base64rawurl' ? 'base64url' : encoding) as 'hex' | 'base64' | 'base64url';

/** Runs an expression of a script with the runtime around it. */
export function evaluate(code: string, names: Runtime = {}): unknown {
  const scope = { ...runtime, ...modules, ...names };
  return new Function(...Object.keys(scope), `'use strict'; return (${code});`)(...Object.values(scope));
}

export const { MISSING, values, set } = runtime as {
  MISSING: symbol;
  values: Map<string, unknown>;
  set(name: string, value: unknown): void;
};
