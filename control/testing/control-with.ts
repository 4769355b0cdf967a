import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { VirtualClock } from '../../core/testing/virtual-clock.ts';
import { Access } from '../access.ts';
import type { ControlDeps } from '../deps.ts';
import { LiveEvents } from '../live-events.ts';
import { buildControl } from '../server.ts';

export const WATCHER_TOKEN = 'correct-horse-battery-staple';

/** The HTTP API with what a test is about; everything that is logged, at any level, as text. */
export async function controlWith(
  deps: Partial<ControlDeps>,
): Promise<{ app: FastifyInstance; clock: VirtualClock; log: string[] }> {
  const clock = new VirtualClock(Date.parse('2026-11-23T03:05:00Z'));
  const log: string[] = [];
  const app = await buildControl({
    version: '1.2.3',
    clock,
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    access: new Access(WATCHER_TOKEN, clock),
    events: new LiveEvents(),
    publicUrl: () => 'https://ringdown.example.com',
    uiDirectory: null,
    written: async () => true,
    ...deps,
  } as ControlDeps);
  return { app, clock, log };
}
