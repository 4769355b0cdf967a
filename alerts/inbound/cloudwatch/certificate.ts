import { createVerify, X509Certificate } from 'node:crypto';
import { toError } from '../../../core/errors.ts';
import { fetchText } from '../fetch-text.ts';
import type { SnsMessage } from './message.ts';

/** Names under which Amazon serves SNS, in every region and partition. */
const SNS_HOST = /^sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?$/;
const KEPT_MS = 24 * 3_600_000;
const MOST_KEPT = 16;

interface Kept {
  certificate: X509Certificate;
  fetchedAt: number;
}

const kept = new Map<string, Kept>();

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
  if (emulator !== undefined && URL.canParse(emulator) && parsed.origin === new URL(emulator).origin) return true;
  return parsed.protocol === 'https:' && parsed.port === '' && SNS_HOST.test(parsed.hostname);
}

/** @returns null when the signature is good, otherwise why it is not believed */
export async function signatureTrouble(
  message: SnsMessage,
  emulator: string | undefined,
  now: number,
): Promise<string | null> {
  const { certificateUrl } = message;
  if (!isSnsUrl(certificateUrl, emulator) || !new URL(certificateUrl).pathname.endsWith('.pem')) {
    return 'the certificate does not come from Amazon SNS';
  }
  const signature = Buffer.from(message.signature, 'base64');
  // Base64 has several ways to write the same bytes; a signature has one.
  if (signature.toString('base64') !== message.signature) return 'the signature is not base64';
  let certificate: X509Certificate;
  try {
    certificate = await certificateAt(certificateUrl, now);
  } catch (error) {
    return `the certificate cannot be had: ${toError(error).message}`;
  }
  if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime()) {
    return 'the certificate is not valid now';
  }
  const verify = createVerify(message.signatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1').update(message.signed);
  return verify.verify(certificate.publicKey, signature) ? null : 'the signature does not match';
}

async function certificateAt(url: string, now: number): Promise<X509Certificate> {
  const known = kept.get(url);
  if (known && Math.abs(now - known.fetchedAt) < KEPT_MS) return known.certificate;
  const certificate = new X509Certificate(await fetchText(url));
  kept.delete(url);
  kept.set(url, { certificate, fetchedAt: now });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return certificate;
}
