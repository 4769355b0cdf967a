import type { CompileContext, Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import { type KapacitorTask, TOPIC } from './task.ts';

/** @see https://docs.influxdata.com/kapacitor/v1/working/api/ */
export async function deployedTasks(connection: Connection, abort: AbortSignal): Promise<Item[]> {
  const query = 'pattern=ringdown-*&script-format=raw&limit=10000&fields=script&fields=status&fields=type&fields=dbrps';
  const { tasks } = (await getJson(connection, `/kapacitor/v1/tasks?${query}`, abort)) as {
    tasks: { id: string; script: string; status: string }[];
  };
  const { handlers } = (await getJson(connection, `/kapacitor/v1/alerts/topics/${TOPIC}/handlers`, abort).catch(
    noTopic,
  )) as {
    handlers: { id: string; kind: string; options: { url?: string } }[];
  };
  return [
    ...tasks.map(({ id, script, status }) => taskItem({ id, script }, status)),
    ...handlers.filter(({ id }) => id === TOPIC).map(({ kind, options }) => handlerItem(kind, options.url ?? '')),
  ];
}

/** The topic is there with its first handler. */
function noTopic(error: Error): { handlers: [] } {
  if (/answered 404/.test(error.message)) return { handlers: [] };
  throw error;
}

export function taskItem({ id, script }: KapacitorTask, status: string): Item {
  return { id: `task ${id}`, content: { script: withoutComments(script), status } };
}

export function handlerItem(kind: string, url: string): Item {
  return { id: `handler ${TOPIC}`, content: { kind, url } };
}

/** What is left where spaces and comments say nothing. */
function withoutComments(script: string): string {
  return script.replace(
    /('''[\s\S]*?'''|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|\/\/[^\n]*|\s+/g,
    (_, kept: string | undefined) => kept ?? '',
  );
}

/** Brings what happens in the topic to Ringdown. Kapacitor posts once and never again: what was lost comes with the next repetition. */
export function handlerFile({ inboundUrl }: CompileContext, token: string): string {
  return [
    '# Made by `ringdown alerts compile --target kapacitor`.',
    `# ${token}: the token of this entry of \`inbound:\` in ringdown.yaml.`,
    `id: ${TOPIC}`,
    `topic: ${TOPIC}`,
    'kind: post',
    'options:',
    `  url: ${JSON.stringify(inboundUrl)}`,
    '  headers:',
    `    Authorization: Bearer ${token}`,
    '',
  ].join('\n');
}
