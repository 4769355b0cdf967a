import type { TemplateError } from '../language/template.ts';
import type { ExchangeError } from './http/network-error.ts';

/** A template without a value, as the reason why nothing could be sent or judged. */
export function templateFailure({ code, message, hint }: TemplateError): ExchangeError {
  return { kind: 'template', code: code === 'undefined' ? 'UNDEFINED_TEMPLATE' : 'UNUSABLE_TEMPLATE', message, hint };
}
