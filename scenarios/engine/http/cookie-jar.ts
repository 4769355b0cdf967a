import type { CookieJar as Jar } from 'tough-cookie';

/**
 * The cookies that one user agent holds (RFC 6265bis). The library, with its list of public suffixes, is only loaded
 * when a server sets the first cookie.
 */
export class CookieJar {
  #jar: Jar | null = null;

  /** Takes the Set-Cookie fields of a response. One that is malformed or not for this server is ignored, as browsers do. */
  async store(url: URL, setCookie: string | readonly string[]): Promise<void> {
    this.#jar ??= new (await import('tough-cookie')).CookieJar();
    for (const one of typeof setCookie === 'string' ? [setCookie] : setCookie) {
      this.#jar.setCookieSync(one, url.href, { ignoreError: true });
    }
  }

  /** The Cookie field of a request, or null. What the scenario wrote itself wins over a cookie of the same name. */
  field(url: URL, own: string | undefined): string | null {
    if (!this.#jar) return own ?? null;
    const written = own === undefined ? [] : own.split(';').map((pair) => pair.trim());
    const names = new Set(written.map((pair) => pair.split('=', 1)[0]));
    const kept = this.#jar.getCookiesSync(url.href).filter(({ key }) => !names.has(key));
    const pairs = [...written, ...kept.map((cookie) => cookie.cookieString())];
    return pairs.length === 0 ? null : pairs.join('; ');
  }

  /** Forgets them all, as at the beginning of an attempt. */
  clear(): void {
    this.#jar = null;
  }
}
