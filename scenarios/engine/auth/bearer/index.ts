import Type from 'typebox';
import { type Template, template } from '../../../language/template.ts';
import { defineAuth } from '../auth.ts';

export interface BearerSpec {
  readonly kind: 'bearer';
  readonly token: Template;
}

/** A token that the scenario has already (RFC 6750 §2.1). */
export const auth = defineAuth<BearerSpec, string>({
  kind: 'bearer',
  spec: Type.String({ minLength: 1, description: 'Token of `Authorization: Bearer`.', examples: ['{{ token }}'] }),
  compile: (written) => ({ kind: 'bearer', token: template(written, 'header') }),
  fill: ({ token }, fill) => fill.text(token),
  authorize: (token) => ({ headers: { authorization: `Bearer ${token}` } }),
});
