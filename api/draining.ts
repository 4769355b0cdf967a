import fp from 'fastify-plugin';

/**
 * While the server closes, each answer ends its connection (RFC 9112 §9.6). Otherwise a client that keeps the
 * connection of a request that was running holds the server open until the keep-alive timeout.
 */
export const draining = fp(
  async (app) => {
    let closing = false;
    app.addHook('preClose', async () => {
      closing = true;
    });
    app.addHook('onSend', async (_request, reply) => {
      if (closing) reply.header('connection', 'close');
    });
  },
  { name: 'draining' },
);
