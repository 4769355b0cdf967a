import axios from 'axios';

const TIMEOUT_MS = 10_000;
const LONGEST_ANSWER = 64 * 1_024;

/**
 * Fetches a document of a vendor: no redirects, no proxy from the environment, 64 KiB, 10 s. Whoever calls decides before which hosts may be asked.
 * Rejects when it cannot be had.
 */
export async function fetchText(url: string): Promise<string> {
  const { data } = await axios.get<string>(url, {
    responseType: 'text',
    transformResponse: (text: string) => text,
    maxRedirects: 0,
    maxContentLength: LONGEST_ANSWER,
    timeout: TIMEOUT_MS,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    proxy: false,
  });
  return data;
}
