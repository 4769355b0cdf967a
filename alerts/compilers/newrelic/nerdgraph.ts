import { RingdownError } from '../../../core/errors.ts';
import type { CompileContext, Connection, Item } from '../compiler.ts';
import { getJson } from '../connect.ts';
import type { NrqlCondition } from './condition.ts';

const CREATE = `mutation ($accountId: Int!, $policyId: ID!, $condition: AlertsNrqlConditionStaticInput!) {
  alertsNrqlConditionStaticCreate(accountId: $accountId, policyId: $policyId, condition: $condition) { id name }
}`;

const SEARCH = `query ($accountId: Int!, $cursor: String) {
  actor { account(id: $accountId) { alerts { nrqlConditionsSearch(searchCriteria: { nameLike: "ringdown/" }, cursor: $cursor) {
    nextCursor
    nrqlConditions {
      name enabled nrql { query }
      terms { operator priority threshold thresholdDuration thresholdOccurrences }
      signal { aggregationWindow slideBy fillOption fillValue }
      expiration { closeViolationsOnExpiration expirationDuration openViolationOnExpiration }
    }
  } } } }
}`;

/** The request that makes the condition, for whoever has no Terraform. `POLICY_ID` is that of its alert policy. */
export function mutationFile(condition: NrqlCondition, { settings }: CompileContext): string {
  const variables = { accountId: Number(settings.account_id), policyId: 'POLICY_ID', condition: inputOf(condition) };
  return `${JSON.stringify({ query: CREATE, variables }, null, 2)}\n`;
}

function inputOf(condition: NrqlCondition) {
  const { expiration, fill, slide_by, runbook } = condition;
  return {
    name: condition.name,
    description: condition.description,
    ...(runbook === null ? {} : { runbookUrl: runbook }),
    enabled: true,
    nrql: { query: condition.query },
    violationTimeLimitSeconds: 2_592_000,
    signal: {
      aggregationMethod: 'EVENT_FLOW',
      aggregationDelay: 60,
      aggregationWindow: condition.aggregation_window,
      ...(slide_by === null ? {} : { slideBy: slide_by }),
      fillOption: fill === null ? 'NONE' : 'STATIC',
      fillValue: fill,
    },
    ...(expiration === null
      ? {}
      : {
          expiration: {
            expirationDuration: expiration.duration,
            openViolationOnExpiration: expiration.opens,
            closeViolationsOnExpiration: expiration.closes,
          },
        }),
    terms: [
      {
        priority: 'CRITICAL',
        operator: condition.operator.toUpperCase(),
        threshold: condition.threshold,
        thresholdDuration: condition.threshold_duration,
        thresholdOccurrences: condition.threshold_occurrences.toUpperCase(),
      },
    ],
  };
}

type Deployed = ReturnType<typeof inputOf>;

export function itemOf({
  name,
  enabled,
  nrql,
  terms,
  signal,
  expiration,
}: Pick<Deployed, 'name' | 'enabled' | 'nrql' | 'terms' | 'signal' | 'expiration'>): Item {
  const [term] = terms;
  return {
    id: `condition ${name}`,
    content: {
      query: nrql.query,
      threshold: `${term?.operator} ${term?.threshold} for ${term?.thresholdDuration} s, ${term?.thresholdOccurrences}`,
      window: `${signal.aggregationWindow} s, sliding by ${signal.slideBy ?? 'itself'}`,
      filled: `${signal.fillOption ?? 'NONE'} ${signal.fillValue ?? ''}`.trim(),
      expiration: expiration?.expirationDuration
        ? `${expiration.expirationDuration} s, opens ${expiration.openViolationOnExpiration ?? false}, closes ${expiration.closeViolationsOnExpiration ?? false}`
        : 'none',
      enabled: String(enabled),
    },
  };
}

export function conditionItem(condition: NrqlCondition): Item {
  return itemOf(inputOf(condition));
}

/** @see https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-api-alerts-nrql-conditions/#list */
export async function deployedConditions(
  { url, headers }: Connection,
  { settings }: CompileContext,
  abort: AbortSignal,
): Promise<Item[]> {
  // NerdGraph takes its key in a header of its own.
  const { authorization, ...others } = headers;
  const connection = {
    url,
    headers: { ...others, ...(authorization === undefined ? {} : { 'api-key': authorization }) },
  };
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const body: unknown = { query: SEARCH, variables: { accountId: Number(settings.account_id), cursor } };
    const answer = (await getJson(connection, '', abort, { method: 'POST', body })) as {
      data?: {
        actor?: {
          account?: { alerts?: { nrqlConditionsSearch?: { nextCursor: string | null; nrqlConditions: Deployed[] } } };
        };
      };
      errors?: { message: string }[];
    };
    const found: { nextCursor: string | null; nrqlConditions: Deployed[] } | undefined =
      answer.data?.actor?.account?.alerts?.nrqlConditionsSearch;
    if (!found) {
      const reason = answer.errors?.[0]?.message ?? 'no conditions in the answer';
      throw new RingdownError('TARGET', `NerdGraph answered: ${reason}`, {
        hint: 'check --url, --authorization and --set account_id',
      });
    }
    items.push(...found.nrqlConditions.filter(({ name }) => name.startsWith('ringdown/')).map(itemOf));
    cursor = found.nextCursor;
  } while (cursor !== null);
  return items;
}
