import { createVerify, X509Certificate } from 'node:crypto';
import { toError } from '../../../core/errors.ts';
import { fetchText } from '../fetch-text.ts';
import type { SnsMessage } from './message.ts';

/**
 * Names under which Amazon serves SNS, in every region and partition. Between them stands a region and nothing else:
 * `sns.s3.amazonaws.com` and `sns.s3-us-west-2.amazonaws.com` are somebody's bucket called "sns".
 */
const SNS_HOST = /^sns\.[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(\.cn)?$/;
/** Where a certificate stands. Any other path of the same host is its API, whose answers hold what strangers wrote. */
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{16,64}\.pem$/;
const KEPT_MS = 24 * 3_600_000;
const MOST_KEPT = 16;
/** Whoever sends names of certificates does not make us ask for more than these at a time. */
const MOST_ASKED = 4;

interface Kept {
  certificate: X509Certificate;
  fetchedAt: number;
}

const kept = new Map<string, Kept>();
const asked = new Map<string, Promise<X509Certificate | null>>();

/**
 * Whether a URL of a message is Amazon's own. A host that merely looks like it, a port, a user or another scheme is not.
 * @param emulator a base URL that is believed as well, for tests against an emulator
 */
export function isSnsUrl(url: string, emulator: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  // Amazon writes them as they are normalized; whatever reads differently was changed.
  if (parsed.href !== url) return false;
  if (parsed.username !== '' || parsed.password !== '') return false;
  return (
    isEmulator(parsed, emulator) ||
    (parsed.protocol === 'https:' && parsed.port === '' && SNS_HOST.test(parsed.hostname))
  );
}

/** Whether a URL of a message is that of a certificate of Amazon's. @param emulator as for `isSnsUrl` */
export function isCertificateUrl(url: string, emulator: string | undefined): boolean {
  if (!isSnsUrl(url, emulator)) return false;
  const parsed = new URL(url);
  if (isEmulator(parsed, emulator)) return parsed.pathname.endsWith('.pem');
  return CERTIFICATE_PATH.test(parsed.pathname) && parsed.search === '' && parsed.hash === '';
}

function isEmulator({ origin }: URL, emulator: string | undefined): boolean {
  return emulator !== undefined && URL.canParse(emulator) && origin === new URL(emulator).origin;
}

/** The certificate that a message names cannot be had now: whether the message is Amazon's is not known. */
export class CertificateUnavailable extends Error {}

/**
 * @returns null when the signature is good, otherwise why it is not believed
 * @throws CertificateUnavailable
 */
export async function signatureTrouble(
  message: SnsMessage,
  emulator: string | undefined,
  now: number,
): Promise<string | null> {
  const { certificateUrl } = message;
  if (!isCertificateUrl(certificateUrl, emulator)) {
    return 'the certificate does not come from Amazon SNS';
  }
  const signature = Buffer.from(message.signature, 'base64');
  // Base64 has several ways to write the same bytes; a signature has one.
  if (signature.toString('base64') !== message.signature) return 'the signature is not base64';
  const certificate = await certificateAt(certificateUrl, now);
  if (certificate === null) return 'there is no certificate where the message says';
  if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime()) {
    return 'the certificate is not valid now';
  }
  const verify = createVerify(message.signatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1').update(message.signed);
  return verify.verify(certificate.publicKey, signature) ? null : 'the signature does not match';
}

async function certificateAt(url: string, now: number): Promise<X509Certificate | null> {
  const known = kept.get(url);
  if (known && Math.abs(now - known.fetchedAt) < KEPT_MS) return known.certificate;
  const underWay = asked.get(url);
  if (underWay) return underWay;
  if (asked.size >= MOST_ASKED) throw new CertificateUnavailable('too many certificates are being asked for');
  const asking = ask(url, now).finally(() => asked.delete(url));
  asked.set(url, asking);
  return asking;
}

/** @returns null where there is none */
async function ask(url: string, now: number): Promise<X509Certificate | null> {
  let text: string;
  try {
    text = await fetchText(url);
  } catch (error) {
    const { message, response } = toError(error) as Error & { response?: { status: number } };
    if (response && response.status < 500 && response.status !== 429) return null;
    throw new CertificateUnavailable(`the certificate cannot be had: ${message}`);
  }
  const certificate = certificateIn(text);
  if (certificate === null) return null;
  kept.delete(url);
  kept.set(url, { certificate, fetchedAt: now });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return certificate;
}

function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}
