/** Finds the origin that most requests of a document go to, so that a scenario can run in any environment. */
export class BaseUrl {
  /** The origin, without a slash at its end; null when no URL is whole. */
  readonly url: string | null;
  /** Other origins, which stay written out. */
  readonly others: readonly string[];

  /** @param urls as in the document; those without an origin do not count */
  constructor(urls: Iterable<string>) {
    const counts = new Map<string, number>();
    for (const url of urls) {
      const origin = originOf(url);
      if (origin) counts.set(origin, (counts.get(origin) ?? 0) + 1);
    }
    const [first, ...others] = [...counts].sort(([, a], [, b]) => b - a).map(([origin]) => origin);
    this.url = first ?? null;
    this.others = others;
  }

  /** A URL of that origin as a path; any other as it is. */
  relative(url: string): string {
    if (this.url === null || originOf(url) !== this.url) return url;
    const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    return path.startsWith('/') ? path : `/${path}`;
  }
}

function originOf(url: string): string | null {
  const [, scheme = '', authority = ''] = /^(https?):\/\/([^/?#]*)/i.exec(url) ?? [];
  if (authority === '' || authority.includes('{{')) return null;
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase();
  const standard = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return `${scheme.toLowerCase()}://${host.endsWith(standard) ? host.slice(0, -standard.length) : host}`;
}

/** A word for the service behind a URL: its host. */
export function serviceOf(url: string | null): string | null {
  const host = url === null ? '' : (URL.parse(url)?.hostname ?? '');
  return host === '' ? null : host.replace(/^www\./, '').replace(/^\[|\]$/g, '');
}
