import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { compilePolicies } from './compile.ts';
import type { Connection, Item } from './compiler.ts';
import { driftBetween } from './drift.ts';
import { loadCompilers } from './registry.ts';
import { contextOf, policyOf, sourceOf } from './testing/rules.ts';
import { USUAL_RULES } from './testing/usual-rules.ts';

/**
 * Targets that cannot be had here, as their API references tell them. Kapacitor and Prometheus are asked for real in
 * test/backends/alerts.
 */
const compilers = await loadCompilers();
const standIns: Server[] = [];

afterEach(() => {
  for (const standIn of standIns.splice(0)) {
    standIn.close();
    standIn.closeAllConnections();
  }
});

interface Asked {
  path: string;
  headers: Record<string, unknown>;
  body: string;
}

/** Answers every request by itself. */
async function serve(answer: (asked: Asked) => unknown, status = 200): Promise<Connection & { asked: Asked[] }> {
  const asked: Asked[] = [];
  const standIn = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
    asked.push(one);
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(one)));
  });
  standIns.push(standIn);
  standIn.listen(0, '127.0.0.1');
  await once(standIn, 'listening');
  const url = `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`;
  return { url, headers: { authorization: 'Bearer the-key' }, asked };
}

function compiled(target: string) {
  const compiler = compilers.get(target)!;
  const context = contextOf(compiler);
  const compile = (rules: typeof USUAL_RULES) =>
    compilePolicies([sourceOf(policyOf('usual', rules))], compiler, context, true);
  const expressible = USUAL_RULES.filter((rule) => compile([rule]).refusals.length === 0);
  const { files, items } = compile(expressible);
  const deployed = (connection: Connection): Promise<readonly Item[]> =>
    compiler.deployed!(connection, context, [], AbortSignal.timeout(10_000));
  return { files, items, deployed };
}

/** What is deployed is as it should be, and one limit less so. */
function changedBy(items: readonly Item[], found: readonly Item[]): unknown[] {
  return driftBetween(items, found).map(({ id, kind, aspects }) => [id, kind, aspects.map(({ aspect }) => aspect)]);
}

describe('what is deployed', () => {
  test('at Grafana, by its provisioning API', async () => {
    const { files, items, deployed } = compiled('grafana');
    type Group = { name: string; rules: Record<string, unknown>[] };
    const { groups } = parse(files[0]!.content) as { groups: Group[] };
    const rules = groups.flatMap(({ name, rules: list }) =>
      list.map(({ keepFiringFor, missing_series_evals_to_resolve, ...rule }) => ({
        ...rule,
        id: 7,
        orgID: 1,
        folderUID: 'f',
        ruleGroup: name,
        updated: '2026-11-23T00:00:00Z',
        for: String(rule.for).replace(/^5m$/, '5m0s'),
        ...(keepFiringFor ? { keep_firing_for: '1m0s' } : {}),
        ...(missing_series_evals_to_resolve === undefined
          ? {}
          : { missingSeriesEvalsToResolve: missing_series_evals_to_resolve }),
        provenance: 'file',
      })),
    );
    const others = { uid: 'abc', title: 'Disk', labels: {}, data: [], annotations: {} };
    const connection = await serve(() => [...rules, others]);
    expect(changedBy(items, await deployed(connection))).toEqual([]);
    expect(connection.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/api/v1/provisioning/alert-rules', 'Bearer the-key'],
    ]);
    Object.assign(rules[0]!, { isPaused: true });
    expect(changedBy(items, await deployed(connection))).toEqual([['rule usual/slow', 'changed', ['paused']]]);
  });

  test('at Kibana, page by page', async () => {
    const { files, items, deployed } = compiled('kibana');
    const rules = files
      .filter(({ path }) => path.startsWith('rules/'))
      .map(
        ({ content }) => JSON.parse(content) as { id: string; body: { name: string; schedule: { interval: string } } },
      )
      .map(({ id, body }) => ({ id, ...body, api_key_owner: 'elastic', execution_status: { status: 'ok' } }));
    const connection = await serve(({ path }) => {
      const page = Number(new URLSearchParams(path.split('?')[1]).get('page'));
      return { page, total: 150, data: page === 1 ? rules.slice(0, 3) : page === 2 ? rules.slice(3) : [] };
    });
    expect(changedBy(items, await deployed(connection))).toEqual([]);
    rules[1]!.schedule.interval = '5m';
    expect(changedBy(items, await deployed(connection))).toEqual([[`rule ${rules[1]!.name}`, 'changed', ['interval']]]);
  });

  test('at Elasticsearch, by its query for watches', async () => {
    const { files, items, deployed } = compiled('elasticsearch');
    const watches = files.map(({ path, content }) => ({
      _id: path.replace(/^watches\/|\.json$/g, ''),
      watch: JSON.parse(content) as object,
      status: { state: { active: true } },
    }));
    const connection = await serve(() => ({ count: watches.length, watches }));
    expect(changedBy(items, await deployed(connection))).toEqual([]);
    expect(JSON.parse(connection.asked[0]!.body)).toMatchObject({
      query: { exists: { field: 'metadata.ringdown_policy' } },
    });
    watches[0]!.status.state.active = false;
    expect(changedBy(items, await deployed(connection))).toEqual([
      ['watch ringdown-usual-slow', 'changed', ['active']],
    ]);
  });

  test('at New Relic, by NerdGraph, with the key where it wants it', async () => {
    const { files, items, deployed } = compiled('newrelic');
    const conditions = files
      .filter(({ path }) => path.startsWith('nerdgraph/'))
      .map(
        ({ content }) =>
          (JSON.parse(content) as { variables: { condition: { enabled: boolean } } }).variables.condition,
      );
    const connection = await serve(({ body }) => {
      const { cursor } = (JSON.parse(body) as { variables: { cursor: string | null } }).variables;
      const found = {
        nextCursor: cursor === null ? 'more' : null,
        nrqlConditions: cursor === null ? conditions.slice(0, 4) : conditions.slice(4),
      };
      return { data: { actor: { account: { alerts: { nrqlConditionsSearch: found } } } } };
    });
    expect(changedBy(items, await deployed(connection))).toEqual([]);
    expect(connection.asked.map(({ headers }) => [headers['api-key'], headers.authorization])).toEqual([
      ['Bearer the-key', undefined],
      ['Bearer the-key', undefined],
    ]);
    conditions[2]!.enabled = false;
    expect(changedBy(items, await deployed(connection)).map((drift) => (drift as unknown[])[2])).toEqual([['enabled']]);
    const wrong = await serve(() => ({ errors: [{ message: 'Access denied.' }] }));
    await expect(deployed(wrong)).rejects.toThrow('NerdGraph answered: Access denied.');
  });

  test('is an error in words where the target does not answer as it should', async () => {
    const { deployed } = compiled('prometheus');
    await expect(deployed(await serve(() => ({ error: 'no' }), 401))).rejects.toThrow(/answered 401/);
    await expect(deployed({ url: 'http://127.0.0.1:1', headers: {} })).rejects.toThrow(/cannot be asked/);
  });
});
