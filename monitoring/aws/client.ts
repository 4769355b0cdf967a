import { Agent } from 'node:https';

export interface AwsAccess {
  region: string;
  /** Instead of the region's own endpoint. */
  url?: string;
  /** Instead of the default chain: environment, shared files, the role of the machine. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** PEM of the authorities to trust instead of the system's. */
  ca?: string;
}

// One answer to one request; the relay and the sources wait and try again themselves.
const REQUEST_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Settings that every AWS client of ours is made with. Nothing is tried again inside: queue and retry are around it. */
export function clientSettings(access: AwsAccess) {
  return {
    region: access.region,
    ...(access.url === undefined ? {} : { endpoint: access.url }),
    ...(access.credentials === undefined ? {} : { credentials: access.credentials }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      ...(access.ca === undefined ? {} : { httpsAgent: new Agent({ keepAlive: true, ca: access.ca }) }),
    },
  };
}
