import { HttpProblem } from '../problems.ts';
import type { ControlRoutes } from '../server.ts';

export const backendRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/backends',
    {
      schema: {
        summary: 'The ledger: what each backend received, delivered, has pending, rejected, dropped, filtered.',
      },
    },
    async () => {
      try {
        const { backends, receiver, relayPid } = await deps.backends();
        return { items: backends, next_cursor: null, receiver, relay: { pid: relayPid } };
      } catch (error) {
        throw new HttpProblem(503, 'RELAY_AWAY', `the relay does not answer: ${(error as Error).message}`);
      }
    },
  );
};
