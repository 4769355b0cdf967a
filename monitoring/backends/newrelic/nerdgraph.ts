import { RingdownError } from '../../../core/errors.ts';
import { HttpSender } from '../../http/send.ts';

export type NrqlRow = Record<string, unknown>;

const QUERY =
  'query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql, timeout: 30) { results } } } }';

/** Asks NRQL through New Relic's GraphQL API. @see https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/ */
export class NerdGraph {
  readonly #sender: HttpSender;
  readonly #accountId: number;

  constructor({ url, userKey, accountId }: { url: string; userKey: string; accountId: number }) {
    this.#accountId = accountId;
    this.#sender = new HttpSender({ url, headers: { 'api-key': userKey, 'content-type': 'application/json' } });
  }

  async ask(nrql: string, abort: AbortSignal): Promise<NrqlRow[]> {
    const body = JSON.stringify({ query: QUERY, variables: { account: this.#accountId, nrql } });
    const answer = await this.#sender.send({ method: 'POST', path: '', body }, abort);
    const said = parsed(answer.body.toString());
    const results = said?.data?.actor?.account?.nrql?.results;
    if (answer.status === 200 && results) return results;
    throw new RingdownError(
      'NEW_RELIC_REFUSED',
      `New Relic answered ${answer.status}: ${said?.errors?.[0]?.message ?? 'no reason given'}`,
      {
        hint: 'check user_key, account_id and region',
      },
    );
  }
}

interface Said {
  data?: { actor?: { account?: { nrql?: { results?: NrqlRow[] } | null } | null } | null } | null;
  errors?: { message?: string }[];
}

function parsed(text: string): Said | undefined {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return undefined;
  }
}
