import { Type } from 'typebox';

// One line: control characters and Unicode's line and paragraph separators would forge lines wherever a title is shown.
const Title = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
  description: 'One line of text',
});
const Body = Type.String({ maxLength: 10_000, pattern: '^[^\\u0000]*$' });

export const NewPost = Type.Object(
  { title: Title, body: Body },
  { additionalProperties: false, title: 'NewPost', examples: [{ title: 'hello', body: 'hi' }] },
);

export const PostChange = Type.Object(
  { title: Type.Optional(Title), body: Type.Optional(Body) },
  { additionalProperties: false, minProperties: 1, title: 'PostChange' },
);

export const Post = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    author_id: Type.String({ format: 'uuid' }),
    title: Type.String(),
    body: Type.String(),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'Post', description: 'The post' },
);

export const PostList = Type.Object(
  {
    items: Type.Array(Post),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page' }),
  },
  { title: 'PostList', description: 'A page of posts' },
);

export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'The next_cursor of the page before' })),
  },
  { additionalProperties: false },
);

export const PostId = Type.Object({ id: Type.String({ maxLength: 100 }) });
