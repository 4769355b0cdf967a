import { isMapping, listOf, type Mapping } from '../../language/written.ts';

/** One recorded request and its answer (HAR 1.2), with what is not there left empty. */
export interface Entry {
  readonly method: string;
  readonly url: URL;
  readonly requestHeaders: readonly (readonly [string, string])[];
  readonly body: { readonly text: string; readonly type: string; readonly params: readonly Mapping[] } | null;
  readonly status: number;
  readonly responseHeaders: readonly (readonly [string, string])[];
  readonly responseType: string;
  readonly responseText: string;
}

/** Why an entry is no step, in words for a list; null for one that is. */
export type Sorted = { readonly entry: Entry } | { readonly dropped: string };

/** Chromium's and Firefox's words for what fetched it. */
const ASSETS = [
  'image',
  'stylesheet',
  'script',
  'font',
  'media',
  'manifest',
  'texttrack',
  'ping',
  'beacon',
  'cspviolationreport',
];
const ASSET_TYPES = /^(image|font|audio|video)\/|^text\/css|javascript|font-woff|wasm/i;
const ASSET_ENDINGS = /\.(png|jpe?g|gif|svg|webp|avif|ico|css|js|mjs|map|woff2?|ttf|otf|eot|mp[34]|webm|wasm)$/i;

/** What a browser adds by itself, and what would make an answer depend on an earlier visit. */
export const BROWSER_HEADERS =
  /^(:.*|sec-.*|user-agent|accept-language|accept-encoding|referer|origin|dnt|priority|pragma|cache-control|if-none-match|if-modified-since|connection|content-length|host|cookie|purpose|x-client-data|save-data|te)$/i;

export function sortEntry(written: Mapping): Sorted {
  const request = isMapping(written.request) ? written.request : {};
  const response = isMapping(written.response) ? written.response : {};
  const url = typeof request.url === 'string' ? URL.parse(request.url) : null;
  const kind = String(written._resourceType ?? '').toLowerCase();
  if (kind === 'websocket' || /^wss?:$/.test(url?.protocol ?? '')) return { dropped: 'WebSocket connections' };
  if (kind === 'eventsource') return { dropped: 'event streams without an end' };
  if (!url || !/^https?:$/.test(url.protocol))
    return { dropped: 'requests that did not go over HTTP (data:, blob:, extensions)' };
  const status = Number(response.status ?? 0);
  if (!(status >= 100 && status <= 599)) return { dropped: 'requests without an answer (aborted or blocked)' };
  const requestHeaders = pairsOf(request.headers);
  const method = String(request.method ?? 'GET').toUpperCase();
  if (method === 'OPTIONS' && requestHeaders.some(([name]) => name.toLowerCase() === 'access-control-request-method'))
    return { dropped: 'preflight requests of the browser (CORS)' };
  const content = isMapping(response.content) ? response.content : {};
  const responseType = String(content.mimeType ?? '');
  const byKind = ASSETS.includes(kind);
  const byType = method === 'GET' && (ASSET_TYPES.test(responseType) || ASSET_ENDINGS.test(url.pathname));
  if (byKind || (byType && kind !== 'xhr' && kind !== 'fetch' && kind !== 'document'))
    return { dropped: 'static files (images, styles, scripts, fonts)' };
  const text = typeof content.text === 'string' ? content.text : '';
  const data = isMapping(request.postData) ? request.postData : null;
  return {
    entry: {
      method,
      url,
      requestHeaders,
      body: data
        ? {
            text: typeof data.text === 'string' ? data.text : '',
            type: String(data.mimeType ?? ''),
            params: listOf(data.params).filter(isMapping),
          }
        : null,
      status,
      responseHeaders: pairsOf(response.headers),
      responseType,
      responseText: content.encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text,
    },
  };
}

function pairsOf(value: unknown): [string, string][] {
  return listOf(value).flatMap((pair): [string, string][] =>
    isMapping(pair) && typeof pair.name === 'string'
      ? [[pair.name, typeof pair.value === 'string' ? pair.value : String(pair.value ?? '')]]
      : [],
  );
}

/** Hosts with the same last two labels are one site; addresses stand for themselves. */
export function siteOf({ hostname }: URL): string {
  if (/^[\d.]+$|:/.test(hostname)) return hostname;
  return hostname.split('.').slice(-2).join('.');
}
