import { randomUUID } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Clock } from '../../core/clock.ts';
import { ProblemError, problemResponses } from '../problems/problem.ts';
import { type Authenticate, principal } from '../sessions/authenticate.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Post, PostRepository } from './post.ts';
import { NewPost, PageQuery, PostChange, PostId, PostList, Post as PostSchema } from './schemas.ts';

export interface PostRoutes {
  posts: PostRepository;
  clock: Clock;
  authenticate: Authenticate;
}

const DEFAULT_LIMIT = 20;
const READ = ['unauthenticated', 'invalid_token', 'internal_error'] as const;
const WRITE = ['invalid_request', 'malformed_request', 'payload_too_large', 'unsupported_media_type', ...READ] as const;

/** `/v1/posts`: everybody who is signed in reads; only the author changes. */
export const postRoutes: FastifyPluginAsyncTypebox<PostRoutes> = async (app, { posts, clock, authenticate }) => {
  app.addHook('onRequest', authenticate);

  const existing = async (id: string): Promise<Post> => {
    const post = await posts.byId(id);
    if (!post) throw new ProblemError('post_not_found', 'it was never written, or it is deleted');
    return post;
  };

  const ownedBy = async (id: string, accountId: string): Promise<Post> => {
    const post = await existing(id);
    if (post.author_id !== accountId) throw new ProblemError('not_the_author', 'this post is somebody else’s');
    return post;
  };

  app.post(
    '',
    {
      schema: {
        operationId: 'createPost',
        summary: 'Write a post',
        tags: ['posts'],
        security: [{ bearer: [] }],
        body: NewPost,
        response: { 201: PostSchema, ...problemResponses(...WRITE) },
      },
    },
    async (request, reply) => {
      requireWellFormed(request.body);
      const now = clock.now();
      const post: Post = {
        id: randomUUID(),
        author_id: principal(request).account_id,
        title: request.body.title,
        body: request.body.body,
        created_at: now,
        updated_at: now,
      };
      if (!(await posts.add(post))) throw new ProblemError('invalid_token', 'the account is gone');
      return reply.code(201).header('location', `/v1/posts/${post.id}`).send(represent(post));
    },
  );

  app.get(
    '',
    {
      schema: {
        operationId: 'listPosts',
        summary: 'List posts, newest first',
        tags: ['posts'],
        security: [{ bearer: [] }],
        querystring: PageQuery,
        response: { 200: PostList, ...problemResponses('invalid_request', 'invalid_cursor', ...READ) },
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if (cursor !== undefined && after === undefined) {
        throw new ProblemError('invalid_cursor', 'send the next_cursor of a page unchanged, or none to start again');
      }
      const { items, next } = await posts.page(limit, after);
      return { items: items.map(represent), next_cursor: next === null ? null : encodeCursor(next) };
    },
  );

  app.get(
    '/:id',
    {
      schema: {
        operationId: 'readPost',
        summary: 'Read a post',
        tags: ['posts'],
        security: [{ bearer: [] }],
        params: PostId,
        response: { 200: PostSchema, ...problemResponses('invalid_request', 'post_not_found', ...READ) },
      },
    },
    async (request) => represent(await existing(request.params.id)),
  );

  app.patch(
    '/:id',
    {
      schema: {
        operationId: 'changePost',
        summary: 'Change the title or the body',
        tags: ['posts'],
        security: [{ bearer: [] }],
        params: PostId,
        body: PostChange,
        response: { 200: PostSchema, ...problemResponses('not_the_author', 'post_not_found', ...WRITE) },
      },
    },
    async (request) => {
      requireWellFormed(request.body);
      const post = await ownedBy(request.params.id, principal(request).account_id);
      // The wall clock may have been set back; a post is never changed before it was written.
      const changed: Post = { ...post, ...request.body, updated_at: Math.max(post.updated_at, clock.now()) };
      const { title, body, updated_at } = changed;
      if (!(await posts.update(post.id, { title, body, updated_at }))) {
        throw new ProblemError('post_not_found', 'it was deleted meanwhile');
      }
      return represent(changed);
    },
  );

  app.delete(
    '/:id',
    {
      schema: {
        operationId: 'deletePost',
        summary: 'Delete a post',
        tags: ['posts'],
        security: [{ bearer: [] }],
        params: PostId,
        response: {
          204: Type.Null({ description: 'Deleted' }),
          ...problemResponses('invalid_request', 'not_the_author', 'post_not_found', ...READ),
        },
      },
    },
    async (request, reply) => {
      const post = await ownedBy(request.params.id, principal(request).account_id);
      if (!(await posts.remove(post.id, clock.now()))) {
        throw new ProblemError('post_not_found', 'it was deleted meanwhile');
      }
      return reply.code(204).send(null);
    },
  );
};

/** JSON can spell half a surrogate pair (`"\ud800"`), which no UTF-8 store gives back unchanged. */
function requireWellFormed(texts: Record<string, string>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (!text.isWellFormed()) throw new ProblemError('invalid_request', `body/${name} holds half a surrogate pair`);
  }
}

function represent(post: Post): Static<typeof PostSchema> {
  return {
    ...post,
    created_at: new Date(post.created_at).toISOString(),
    updated_at: new Date(post.updated_at).toISOString(),
  };
}
