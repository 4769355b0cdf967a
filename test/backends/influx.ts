/** Asks an InfluxDB 1.x what it holds, apart from the product's own reader. */
export class Influx {
  readonly #url: string;
  readonly #database: string;

  constructor(url: string, database: string) {
    this.#url = url;
    this.#database = database;
  }

  /** Rows as [time, …columns]; times in nanoseconds, rounded to what a number holds. */
  async rows(q: string): Promise<unknown[][]> {
    const form = new URLSearchParams({ db: this.#database, epoch: 'ns', q });
    const response = await fetch(`${this.#url}/query`, {
      method: 'POST',
      body: form,
      signal: AbortSignal.timeout(30_000),
    });
    const { results, error } = (await response.json()) as {
      results?: { error?: string; series?: { values: unknown[][] }[] }[];
      error?: string;
    };
    const wrong = error ?? results?.find((result) => result.error !== undefined)?.error;
    if (wrong !== undefined && !wrong.startsWith('database not found')) throw new Error(`${q}: ${wrong}`);
    return (results ?? []).flatMap(({ series = [] }) => series.flatMap(({ values }) => values ?? []));
  }

  async command(q: string): Promise<void> {
    await this.rows(q);
  }

  async write(lines: string, policy = 'ringdown'): Promise<void> {
    const query = new URLSearchParams({ db: this.#database, rp: policy, precision: 'ns' });
    const response = await fetch(`${this.#url}/write?${query}`, { method: 'POST', body: lines });
    if (response.status !== 204) throw new Error(`write answered ${response.status}: ${await response.text()}`);
  }

  /** Of a whole measurement; 0 where there is none. */
  async sum(measurement: string, field: string): Promise<number> {
    const [row] = await this.rows(`SELECT SUM("${field}") FROM "${measurement}"`);
    return Number(row?.[1] ?? 0);
  }

  async count(measurement: string, field: string): Promise<number> {
    const [row] = await this.rows(`SELECT COUNT("${field}") FROM "${measurement}"`);
    return Number(row?.[1] ?? 0);
  }

  async trace(traceId: string): Promise<{ spanIds: string[]; messages: string[] }> {
    const texts = async (field: string, measurement: string) =>
      (await this.rows(`SELECT "${field}" FROM "${measurement}" WHERE trace_id = '${traceId}'`)).map((row) =>
        String(row[1]),
      );
    return { spanIds: await texts('span_id', 'spans'), messages: await texts('message', 'logs') };
  }
}
