import type { StepResult } from '../../run-result.ts';
import type { SpanWords } from './protocol.ts';

/** Whatever talks to a server: `TCP db.example.com:5432`. */
export function networkSpan(step: StepResult): SpanWords {
  const { request, name } = step;
  if (!request) return { name, attributes: {} };
  return { name: `${request.method} ${request.route}`, attributes: serverAttributes(step) };
}

/** OpenTelemetry semantic conventions, HTTP client spans; `{{ id }}` in a route reads `{id}`. */
export function httpSpan(step: StepResult): SpanWords {
  const { request, response, error, tries } = step;
  if (!request) return { name: step.name, attributes: {} };
  const template = request.route.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, '{$1}');
  return {
    name: `${request.method} ${template}`,
    attributes: {
      ...serverAttributes(step),
      'http.request.method': request.method,
      'http.request.resend_count': tries > 1 ? tries - 1 : null,
      'url.full': request.url,
      'url.template': template,
      'http.response.status_code': response?.status,
      'network.protocol.version': response?.http_version,
      'http.response.body.size': response?.body?.size_bytes,
      'error.type': error?.code ?? (response?.status && response.status >= 400 ? String(response.status) : null),
      'user_agent.original': request.headers['user-agent'],
    },
  };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'wss:': 443, 'http:': 80, 'ws:': 80 };

export function serverAttributes({ request, error }: StepResult): SpanWords['attributes'] {
  const url = request && URL.parse(request.url);
  return {
    'server.address': url?.hostname || null,
    'server.port': url && (url.port ? Number(url.port) : DEFAULT_PORTS[url.protocol]),
    'error.type': error?.code,
  };
}
