/**
 * Joins a path to base_url, whose own path stays in front; what has a scheme stands for itself.
 * @returns null where that makes no URL
 */
export function joinUrl(baseUrl: string, path: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return URL.parse(path);
  const base = baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl;
  return URL.parse(base + (path.startsWith('/') ? path : `/${path}`));
}
