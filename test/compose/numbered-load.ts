/** Log records that carry a number, so that each can be looked for afterwards. */
export interface NumberedLoad {
  /** Numbers that the relay has acknowledged. */
  acknowledged: Set<number>;
  /** Numbers that were sent and not answered: they may have arrived. */
  unanswered: Set<number>;
  stop(): Promise<void>;
}

const PER_REQUEST = 5;
const REQUEST_EVERY_MS = 50;
export const LOAD_SERVICE = 'numbered-load';

/** Sends until it is stopped, each number once, whatever the answer: a repeat would hide a loss. */
export function startNumberedLoad(url: string, token: string): NumberedLoad {
  const acknowledged = new Set<number>();
  const unanswered = new Set<number>();
  let next = 0;
  let stopped = false;

  async function send(): Promise<void> {
    const numbers = Array.from({ length: PER_REQUEST }, () => next++);
    const logRecords = numbers.map((number) => ({
      timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      severityNumber: 9,
      body: { stringValue: `number ${number}` },
    }));
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: LOAD_SERVICE } }] };
    const answer = await fetch(`${url}/v1/logs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    for (const number of numbers) (answer?.ok ? acknowledged : unanswered).add(number);
  }

  const running = (async () => {
    while (!stopped) {
      await send();
      await new Promise((resolve) => setTimeout(resolve, REQUEST_EVERY_MS));
    }
  })();
  return {
    acknowledged,
    unanswered,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
