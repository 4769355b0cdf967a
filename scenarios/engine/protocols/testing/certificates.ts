import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate (RFC 5280) and its key in PEM, made for one test. */
export interface TestCertificate {
  cert: string;
  key: string;
  name: string;
  privateKey: KeyObject;
}

interface Wanted {
  /** Common name. */
  name: string;
  /** DNS names and IPv4 addresses of subjectAltName. */
  names?: string[];
  /** From now on, negative for the past. */
  validForMs?: number;
  /** The certificate signs itself where there is none. */
  issuer?: TestCertificate;
  /** Whether it may issue others. */
  authority?: boolean;
}

const DAY_MS = 86_400_000;

export function makeCertificate({
  name,
  names = [],
  validForMs = 365 * DAY_MS,
  issuer,
  authority,
}: Wanted): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const end = Date.now() + validForMs;
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.from([1, ...publicKey.export({ type: 'spki', format: 'der' }).subarray(-7)])),
    algorithm,
    commonName(issuer?.name ?? name),
    sequence(time(Math.min(Date.now(), end) - DAY_MS), time(end)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(names, authority ?? false))),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const whole = sequence(body, algorithm, tagged(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g)!;
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
    privateKey,
  };
}

function extensions(names: string[], authority: boolean): Buffer[] {
  const alternative = names.map((name) =>
    isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name)),
  );
  return [
    ...(names.length > 0 ? [sequence(oid('2.5.29.17'), tagged(0x04, sequence(...alternative)))] : []),
    ...(authority ? [sequence(oid('2.5.29.19'), TRUE, tagged(0x04, sequence(TRUE)))] : []),
  ];
}

/** Distinguished Encoding Rules (ITU-T X.690): tag, length, contents. */
function tagged(tag: number, ...contents: Buffer[]): Buffer {
  const bytes = Buffer.concat(contents);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}

const TRUE = tagged(0x01, Buffer.from([255]));
const sequence = (...contents: Buffer[]) => tagged(0x30, ...contents);
const integer = (bytes: Buffer) => tagged(0x02, bytes);

function oid(written: string): Buffer {
  const [first, second, ...rest] = written.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const digits = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    return digits;
  });
  return tagged(0x06, Buffer.from([first! * 40 + second!, ...bytes]));
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name)))));
}

/** UTCTime, good until 2049. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}
