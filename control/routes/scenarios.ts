import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { SESSION_COOKIE } from '../access.ts';
import { HttpProblem, notFound } from '../problems.ts';
import type { ScenarioDiagnostic } from '../resources.ts';
import { problems, RunSchema, ScenarioCheckSchema, ScenarioTextSchema } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

/** Larger files are for an editor on the machine: reading one holds schedule and pages up, by 0.2 s for 200 steps in 13 kB. */
const MOST_TEXT = 64_000;
/** The text is read again after each. */
const MOST_EDITS = 8;
/** A text with every character escaped, and its edits. */
const BODY_LIMIT_BYTES = 2 ** 19;
/** Of all clients together: the schedule comes first. */
const TRIES_AT_ONCE = 4;

const ScenarioParams = Type.Object({ id: Type.String({ maxLength: 255, description: '`id` of the scenario file.' }) });
const Text = Type.String({ maxLength: MOST_TEXT, description: 'The whole file.' });
const TextBody = Type.Object({ text: Text });
const EditBody = Type.Object({
  text: Text,
  edits: Type.Array(
    Type.Object({
      // Of unknown items, because others are converted: the key "7" would become the index 7.
      path: Type.Array(Type.Unknown(), {
        maxItems: 20,
        description: 'Keys of mappings (strings) and indices of lists (integers), from the top of the file.',
      }),
      value: Type.Optional(Type.Unknown({ description: 'Absent: the entry is taken away.' })),
    }),
    { maxItems: MOST_EDITS },
  ),
});
const TryBody = Type.Object({ text: Text, environment: Type.String({ maxLength: 100 }) });
const SaveBody = Type.Object({
  text: Text,
  version: Type.String({
    maxLength: 100,
    description: 'As it was read; a file that changed since then is left alone.',
  }),
});

type Id = { Params: { id: string } };

/** Scenario files as QA edits them in the browser. */
export const scenarioRoutes: ControlRoutes = async (app, { deps }) => {
  const { scenarios } = deps;
  const there = <T>(id: string, found: T | undefined): T => {
    if (found === undefined) throw notFound(`scenario "${id}"`);
    return found;
  };
  const trying = new Set<string>();

  app.get<Id>(
    '/api/v1/scenarios/:id',
    {
      schema: {
        summary: 'The file of a scenario as it stands now, and what is wrong with it.',
        params: ScenarioParams,
        response: { 200: ScenarioTextSchema, ...problems },
      },
    },
    async ({ params: { id } }) => {
      const file = there(id, await scenarios.file(id));
      if (file.text.length <= MOST_TEXT || !file.writable) return file;
      return { ...file, writable: false, read_only_reason: 'it is larger than 64 kB; edit it where it stands' };
    },
  );

  app.post<Id & { Body: { text: string } }>(
    '/api/v1/scenarios/:id/check',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        summary: 'What is wrong with a text, and what a form shows of it.',
        params: ScenarioParams,
        body: TextBody,
        response: { 200: ScenarioCheckSchema, ...problems },
      },
    },
    async ({ params: { id }, body }) => there(id, await scenarios.check(id, body.text)),
  );

  app.post<Id & { Body: { text: string; edits: { path: unknown[]; value?: unknown }[] } }>(
    '/api/v1/scenarios/:id/edit',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        summary: 'A text with some values changed; comments, order and quotes stay. Nothing is written.',
        params: ScenarioParams,
        body: EditBody,
        response: { 200: TextBody, ...problems },
      },
    },
    async ({ params: { id }, body }) => {
      const edits = body.edits.map(({ path, value }) => ({ path: path.map(segment), value }));
      const edited = there(id, scenarios.edit(id, body.text, edits));
      if ('diagnostics' in edited) throw invalid(edited.diagnostics);
      return edited;
    },
  );

  app.post<Id & { Body: { text: string; environment: string } }>(
    '/api/v1/scenarios/:id/try',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        summary: 'Runs a text once, now, without retries. The run is not stored and pages nobody.',
        params: ScenarioParams,
        body: TryBody,
        response: { 200: RunSchema, ...problems },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const client = clientOf(request);
      if (trying.has(client)) throw new HttpProblem(409, 'ALREADY_TRYING', 'a try of yours is under way already');
      if (trying.size >= TRIES_AT_ONCE)
        throw new HttpProblem(429, 'TOO_MANY_TRIES', 'others are trying scenarios too; once more in a moment');
      trying.add(client);
      try {
        const tried = there(id, await scenarios.tryOut(id, request.body.text, request.body.environment, gone(reply)));
        if ('diagnostics' in tried) throw invalid(tried.diagnostics);
        if ('refused' in tried) throw new HttpProblem(422, 'NOT_RUNNABLE', tried.refused);
        return tried.run;
      } finally {
        trying.delete(client);
      }
    },
  );

  app.put<Id & { Body: { text: string; version: string } }>(
    '/api/v1/scenarios/:id',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        summary:
          'Writes the file. What has mistakes is not written, and neither is what somebody else changed meanwhile.',
        params: ScenarioParams,
        body: SaveBody,
        response: { 200: Type.Object({ version: Type.String() }), ...problems },
      },
    },
    async ({ params: { id }, body }) => {
      const saved = there(id, await scenarios.save(id, body.text, body.version));
      if (saved.status === 'invalid') throw invalid(saved.diagnostics);
      if (saved.status === 'refused')
        throw new HttpProblem(403, 'READ_ONLY', `the file was not written: ${saved.reason}`);
      if (saved.status === 'changed') {
        throw new HttpProblem(409, 'FILE_CHANGED', 'the file was changed since it was read; nothing was written', {
          current: saved.current,
        });
      }
      deps.log.info({ scenario: id }, 'a scenario file was written through the HTTP API');
      return { version: saved.version };
    },
  );
};

function segment(written: unknown): string | number {
  if (typeof written === 'string' || (Number.isSafeInteger(written) && Number(written) >= 0)) {
    return written as string | number;
  }
  throw new HttpProblem(400, 'INVALID_REQUEST', 'a path consists of keys and of indices from 0');
}

function invalid(diagnostics: ScenarioDiagnostic[]): HttpProblem {
  const [first] = diagnostics;
  const where = first
    ? `${first.file ? `${first.file}:` : ''}${first.line}:${first.column}: ${first.message}`
    : 'it is invalid';
  return new HttpProblem(422, 'INVALID_SCENARIO', where, { diagnostics });
}

/** One browser session, or one machine that sends the token itself. */
function clientOf({ cookies, ip }: FastifyRequest): string {
  const session = cookies[SESSION_COOKIE];
  return session ? createHash('sha256').update(session).digest('hex') : ip;
}

/** Aborts when whoever asked has gone away. */
function gone(reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort(new Error('whoever asked has gone away'));
  });
  return abort.signal;
}
