import type { LiveEvent } from '../resources.ts';
import type { ControlRoutes } from '../server.ts';

const PING_MS = 15_000;
// A reader this far behind is gone or asleep; it reconnects and loads the present state.
const SLOW_READER_BYTES = 1_048_576;

export const eventRoutes: ControlRoutes = async (app, { deps }) => {
  app.get(
    '/api/v1/events',
    { schema: { summary: 'Server-sent events: monitor, monitors, run, incident, rules, ping.' } },
    (request, reply) => {
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      const send = ({ type, data }: LiveEvent) => {
        if (stream.writableLength > SLOW_READER_BYTES) stream.destroy();
        else stream.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      const ping = () => send({ type: 'ping', data: { at: new Date(deps.clock.now()).toISOString() } });
      ping();
      const unsubscribe = deps.events.subscribe(send);
      const timer = setInterval(ping, PING_MS);
      request.raw.on('close', () => {
        clearInterval(timer);
        unsubscribe();
      });
      stream.on('error', () => stream.destroy());
    },
  );
};
