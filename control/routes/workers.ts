import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { HeartbeatRequest, LeaseAnswer, LeaseRequest, ReportRequest } from '../../scenarios/workers/protocol.ts';
import { HttpProblem, notFound } from '../problems.ts';
import type { WorkerList } from '../resources.ts';
import { listOf, problems } from '../schemas.ts';
import type { ControlRoutes } from '../server.ts';

const LARGEST_REPORT = 9 * 2 ** 20;

const Worker = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  location: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 100 }),
  version: Type.String({ maxLength: 64 }),
  concurrency: Type.Integer({ minimum: 1, maximum: 1_000 }),
});
const Protocol = Type.Integer({ description: 'The version of this exchange that the worker speaks.' });
const LeaseId = Type.String({ maxLength: 64 });

const WorkerSchema = Type.Object(
  {
    id: Type.String(),
    location: Type.String(),
    version: Type.String(),
    concurrency: Type.Integer(),
    connected: Type.Boolean({ description: 'False when nothing was heard of it for a minute.' }),
    running: Type.Integer(),
    runs: Type.Array(Type.Object({ monitor: Type.String(), since: Type.String() })),
    first_seen_at: Type.String(),
    last_seen_at: Type.String(),
  },
  { additionalProperties: true },
);

const LocationSchema = Type.Object(
  {
    name: Type.String(),
    monitors: Type.Array(Type.String(), { description: 'Run there.' }),
    connected: Type.Integer({ description: 'Workers that were heard of within a minute.' }),
    capacity: Type.Integer({ description: 'Runs at the same time, over all of them.' }),
    running: Type.Integer(),
    waiting: Type.Integer({ description: 'Runs that no worker has taken yet.' }),
    lag_ms: Type.Number({ description: 'For how long the oldest of them has waited.' }),
    outcomes: Type.Record(Type.String(), Type.Integer(), { description: 'Of runs since the watcher started.' }),
  },
  { additionalProperties: true },
);

/** Runs made at other locations. */
export const workerRoutes: ControlRoutes = async (app, { deps }) => {
  function refuseOthers({ protocol, worker }: Pick<LeaseRequest, 'protocol' | 'worker'>): void {
    const ours = deps.workers.protocol;
    if (protocol === ours) return;
    throw new HttpProblem(
      409,
      'WORKER_PROTOCOL',
      `this watcher is Ringdown ${deps.version} and speaks version ${ours} of the worker protocol; the worker is Ringdown ${worker.version} and speaks ${protocol}: run the same version on both`,
    );
  }

  app.get(
    '/api/v1/workers',
    {
      schema: {
        summary: 'Workers that were heard of today, and the locations that scenarios name.',
        response: {
          200: Type.Object({
            ...listOf('Workers', WorkerSchema).properties,
            locations: Type.Array(LocationSchema),
            here: Type.String({ description: 'The location of the watcher itself.' }),
            version: Type.String({ description: 'Of the watcher; workers should be of the same.' }),
          }),
          ...problems,
        },
      },
    },
    async (): Promise<WorkerList> => ({
      items: deps.workers.list(),
      next_cursor: null,
      locations: deps.workers.locations(),
      here: deps.workers.here(),
      version: deps.version,
    }),
  );

  app.post<{ Body: LeaseRequest }>(
    '/api/v1/workers/lease',
    {
      schema: {
        summary: 'Runs for a worker; waits until there is one.',
        body: Type.Object({
          protocol: Protocol,
          worker: Worker,
          capacity: Type.Integer({ minimum: 1, maximum: 1_000 }),
          wait_ms: Type.Integer({ minimum: 0, maximum: 60_000 }),
        }),
        response: { 200: Type.Object({ protocol: Protocol, jobs: Type.Array(Type.Unknown()) }), ...problems },
      },
    },
    async ({ body }, reply): Promise<LeaseAnswer> => {
      refuseOthers(body);
      const { gone, left } = watchLeaving(reply);
      const jobs = await deps.workers.lease(body.worker, body.capacity, body.wait_ms, gone);
      if (jobs.length > 0) left(() => deps.workers.handBack(jobs.map(({ lease }) => lease)));
      return { protocol: deps.workers.protocol, jobs };
    },
  );

  app.post<{ Body: HeartbeatRequest }>(
    '/api/v1/workers/heartbeat',
    {
      schema: {
        summary: 'A worker lives, and runs these.',
        body: Type.Object({ protocol: Protocol, worker: Worker, leases: Type.Array(LeaseId, { maxItems: 1_000 }) }),
        response: { 200: Type.Object({ protocol: Protocol }), ...problems },
      },
    },
    async ({ body }) => {
      refuseOthers(body);
      deps.workers.heartbeat(body.worker, body.leases);
      return { protocol: deps.workers.protocol };
    },
  );

  app.post<{ Body: ReportRequest }>(
    '/api/v1/workers/results',
    {
      bodyLimit: LARGEST_REPORT,
      schema: {
        summary: 'What became of a run; may be told again.',
        body: Type.Object({
          protocol: Protocol,
          worker: Worker,
          report: Type.Union([
            Type.Object({
              lease: LeaseId,
              run: Type.Object({}, { additionalProperties: true }),
              ended_ms_ago: Type.Number({ minimum: 0 }),
            }),
            Type.Object({ lease: LeaseId, refused: Type.String({ maxLength: 2_000 }) }),
          ]),
        }),
        response: {
          200: Type.Object({ outcome: Type.Enum(['counted', 'late', 'known', 'unknown']) }),
          ...problems,
        },
      },
    },
    async ({ body }) => {
      refuseOthers(body);
      const told = deps.workers.report(body.worker, body.report);
      if ('refused' in told) throw new HttpProblem(400, 'INVALID_RUN', `the run cannot be taken: ${told.refused}`);
      return told;
    },
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/workers/bundles/:id',
    {
      schema: {
        summary: 'A scenario with its files, as workers parse it.',
        params: Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
        response: { 200: Type.Object({ id: Type.String() }, { additionalProperties: true }), ...problems },
      },
    },
    async ({ params }) => {
      const bundle = deps.workers.bundle(params.id);
      if (!bundle) throw notFound('a scenario in use with that id');
      return bundle;
    },
  );
};

/** Whether the one who asked goes away: before there is an answer, or before it has taken the answer. */
function watchLeaving({ raw }: FastifyReply) {
  const leaving = new AbortController();
  let handBack: (() => void) | null = null;
  raw.once('close', () => {
    if (raw.writableFinished) return;
    leaving.abort(new Error('the worker is gone'));
    handBack?.();
  });
  return {
    gone: leaving.signal,
    left(then: () => void) {
      if (leaving.signal.aborted) then();
      else handBack = then;
    },
  };
}
