import type { ElasticsearchConfig } from './config.ts';
import { type Connection, refusal } from './connection.ts';
import { type Template, templates } from './templates.ts';

interface Stored {
  version?: number;
  _meta?: { hash?: string };
}

/**
 * Puts the templates that are missing or different. Streams that exist take a new mapping with their next roll-over.
 * @returns one line for each template
 * @throws Error in Elasticsearch's words
 */
export async function provision(
  connection: Connection,
  config: ElasticsearchConfig,
  abort?: AbortSignal,
): Promise<string[]> {
  const done: string[] = [];
  for (const template of templates(config)) {
    const name = template.path.slice(1).replace('/', ' ').replaceAll('_', ' ').trim();
    const stored = await storedTemplate(connection, template, abort);
    if (stored?._meta?.hash === template.body._meta.hash) {
      done.push(`${name}: as it should be`);
      continue;
    }
    if ((stored?.version ?? 0) > template.body.version) {
      done.push(`${name}: left as a newer Ringdown made it`);
      continue;
    }
    const answer = await connection.send({ method: 'PUT', path: template.path, body: template.body }, abort);
    if (answer.status >= 300) throw new Error(`${name} cannot be made: ${refusal(answer)}`);
    done.push(`${name}: ${stored ? 'changed' : 'made'}`);
    const pattern = stored && (template.body.index_patterns as string[] | undefined)?.[0];
    if (pattern) done.push(await keepFor(connection, config, pattern, abort));
  }
  return done;
}

/** A template is for streams to come; those that exist are told. */
async function keepFor(
  connection: Connection,
  { retentionHours }: ElasticsearchConfig,
  pattern: string,
  abort?: AbortSignal,
): Promise<string> {
  const answer = await connection.send(
    {
      method: 'PUT',
      path: `/_data_stream/${pattern}/_lifecycle`,
      body: { data_retention: `${retentionHours}h` },
    },
    abort,
  );
  return answer.status < 300
    ? `streams ${pattern}: kept for ${retentionHours} h`
    : `streams ${pattern} that exist keep their retention: ${refusal(answer)}`;
}

async function storedTemplate(
  connection: Connection,
  { path }: Template,
  abort?: AbortSignal,
): Promise<Stored | undefined> {
  const answer = await connection.send<Record<string, Record<string, unknown>[]>>({ method: 'GET', path }, abort);
  if (answer.status === 404) return undefined;
  if (answer.status >= 300) throw new Error(`templates cannot be read: ${refusal(answer)}`);
  const { component_templates: components, index_templates: indexes } = answer.body;
  return (components?.[0]?.component_template ?? indexes?.[0]?.index_template) as Stored | undefined;
}
