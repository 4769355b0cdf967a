import Type from 'typebox';
import { type Template, template } from '../../../language/template.ts';
import { defineAuth } from '../auth.ts';

export interface BasicSpec {
  readonly kind: 'basic';
  readonly username: Template;
  readonly password: Template;
}

/** User and password with every request (RFC 7617), in UTF-8. */
export const auth = defineAuth<BasicSpec, string>({
  kind: 'basic',
  spec: Type.Object(
    {
      username: Type.String({ description: 'User name.', examples: ['qa'] }),
      password: Type.String({ description: 'Password.', examples: ['{{ secrets.QA_PASSWORD }}'] }),
    },
    {
      additionalProperties: false,
      description: 'User and password of `Authorization: Basic` (RFC 7617).',
      examples: [{ username: 'qa', password: '{{ secrets.QA_PASSWORD }}' }],
    },
  ),
  check(written) {
    const { username } = written as { username?: unknown };
    if (typeof username !== 'string' || !username.replace(/\{\{.*?\}\}/gs, '').includes(':')) return [];
    const message = 'a user name cannot contain ":", which begins the password';
    return [{ path: ['username'], part: 'value', message }];
  },
  compile(written) {
    const { username, password } = written as { username: string; password: string };
    return { kind: 'basic', username: template(username), password: template(password) };
  },
  fill: ({ username, password }, fill) => `${fill.text(username)}:${fill.text(password)}`,
  authorize: (credentials) => ({
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  }),
});
