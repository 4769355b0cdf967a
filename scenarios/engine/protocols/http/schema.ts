import Type, { type TSchema } from 'typebox';
import { closed, text } from '../../../language/schema-words.ts';
import { authKinds } from '../../auth/registry.ts';

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
  Object.fromEntries(authKinds.map(({ kind, spec }) => [kind, Type.Optional(spec)])) as Record<string, TSchema>,
  {
    ...closed,
    minProperties: 1,
    maxProperties: 1,
    description: 'Who the request is from.',
    examples: [{ bearer: '{{ token }}' }],
  },
);

const FilePart = Type.Object(
  {
    file: text('Path to the file, from this file on.', './picture.png'),
    filename: Type.Optional(text('What the server is told that it is called; its own name by default.', 'picture.png')),
    content_type: Type.Optional(
      text('What it is; by default what its ending says.', 'image/png', {
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[ -~]+$",
        'x-expected': 'a media type such as image/png',
      }),
    ),
  },
  closed,
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
  file: text('Raw body from a file, sent as its ending says unless a header says otherwise.', './picture.png'),
  multipart: Type.Record(Type.String(), Type.Union([Scalar, Type.Array(Scalar), FilePart]), {
    minProperties: 1,
    'x-expected': 'a mapping from names to values or { file }',
    description: 'Body as multipart/form-data, with files.',
    examples: [{ title: 'hello', picture: { file: './picture.png' } }],
  }),
  auth: Auth,
};
