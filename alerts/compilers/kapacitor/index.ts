import { type Compiler, TOKEN_PLACEHOLDER } from '../compiler.ts';
import { deployedTasks, handlerFile, handlerItem, taskItem } from './deployed.ts';
import { type KapacitorTask, TOPIC, taskOf } from './task.ts';

/** TICKscripts on what the `tick` backend writes, and a handler that brings their alerts back to Ringdown. */
export const compiler: Compiler<KapacitorTask> = {
  target: 'kapacitor',
  title: 'Kapacitor',
  inbound: 'kapacitor',
  settings: {
    database: { description: 'database of the tick backend', fallback: 'ringdown' },
    retention_policy: { description: 'its retention policy', fallback: 'ringdown' },
    temporality: { description: 'how counters are sent: cumulative (running totals) or delta', fallback: 'cumulative' },
  },
  compile: taskOf,
  assemble: (compiled, context) => [
    ...compiled.map(({ piece }) => ({ path: `load/tasks/${piece.id}.tick`, content: piece.script })),
    { path: `load/handlers/${TOPIC}.yaml`, content: handlerFile(context, TOKEN_PLACEHOLDER) },
  ],
  items: (compiled, context) => [
    ...compiled.map(({ piece }) => taskItem(piece, 'enabled')),
    ...(compiled.length > 0 ? [handlerItem('post', context.inboundUrl)] : []),
  ],
  deployed: (connection, _context, _wanted, abort) => deployedTasks(connection, abort),
};
