import Type, { type TSchema } from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';

const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);

const Request = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object(
      {
        method: text('HTTP method in capitals.', 'POST', {
          pattern: '^[A-Z]+$',
          'x-expected': 'an HTTP method in capitals such as GET',
        }),
        url: text(
          'Path joined to base_url, or an absolute URL of an allowed origin. Substituted values are percent-encoded.',
          '/v1/posts',
        ),
        query: Type.Optional(
          Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar)]), {
            'x-expected': 'a mapping from names to values',
            description: 'Query parameters; a list repeats the name.',
            examples: [{ limit: 10 }],
          }),
        ),
        headers: Type.Optional(
          Type.Record(Type.String(), Scalar, {
            'x-expected': 'a mapping from names to values',
            description: 'Request headers.',
            examples: [{ accept: 'application/json' }],
          }),
        ),
        max_redirects: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 20,
            description: 'Redirects followed, each hop checked; 0 (the default) judges the redirect itself.',
            examples: [3],
          }),
        ),
      },
      closed,
    ),
  ],
  {
    'x-expected': 'a text such as GET /v1/posts, or { method, url, query, headers }',
    description: 'Method and path: `GET /v1/posts`, or the long form.',
    examples: ['GET /v1/posts/{{ id }}'],
  },
);

const Auth = Type.Object(
  {
    bearer: Type.Optional(text('Token of `Authorization: Bearer`.', '{{ token }}')),
    basic: Type.Optional(
      Type.Object(
        {
          username: Type.String({ description: 'User name.', examples: ['qa'] }),
          password: Type.String({ description: 'Password.', examples: ['{{ secrets.QA_PASSWORD }}'] }),
        },
        {
          ...closed,
          description: 'User and password of `Authorization: Basic` (RFC 7617).',
          examples: [{ username: 'qa', password: '{{ secrets.QA_PASSWORD }}' }],
        },
      ),
    ),
  },
  {
    ...closed,
    minProperties: 1,
    maxProperties: 1,
    description: 'Who the request is from.',
    examples: [{ bearer: '{{ token }}' }],
  },
);

/** The keys of a step that say what an HTTP request is. */
export const keys: Readonly<Record<string, TSchema>> = {
  request: Request,
  json: Type.Unknown({
    description: 'JSON body; a value that is exactly one template keeps its type.',
    examples: [{ title: '{{ title }}' }],
  }),
  form: Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar)]), {
    'x-expected': 'a mapping from names to values',
    description: 'Body as application/x-www-form-urlencoded.',
    examples: [{ q: 'hello' }],
  }),
  body: Type.String({
    description: 'Raw body; substituted values are escaped for its content type.',
    examples: ['hello'],
  }),
  auth: Auth,
};
