import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { AssertionsSchema } from '../../language/expectations.ts';
import { ConditionSchema } from '../assertions/condition-schema.ts';
import { noFiles } from '../files.ts';
import type { Performed, WrittenFields } from './protocol.ts';
import { protocols } from './registry.ts';
import { type HostilePeer, startHostilePeer } from './testing/hostile-peer.ts';
import { type Circumstances, performStep } from './testing/perform-step.ts';
import type { StepTo } from './testing/step-to.ts';

/** Every folder here keeps this contract; a new one is picked up by itself. */
const folders = await Promise.all(
  protocols.map(async (protocol) => {
    const { stepTo } = (await import(`./${protocol.kind}/testing/step-to.ts`)) as { stepTo: StepTo };
    return { kind: protocol.kind, protocol, stepTo };
  }),
);
const speaking = folders.flatMap(({ kind, stepTo }) => (stepTo ? [{ kind, stepTo }] : []));

const ajv = new Ajv({ strict: false });
/** What stands under `receive` has a contract of its own. */
const isValid = (schema: object, value: unknown) =>
  ajv.validate({ ...schema, $defs: { condition: ConditionSchema, assertions: { type: 'object' } } }, value);

const GARBAGE = [
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
  'ffffffff\r\n',
  '+PONG\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
].map((text) => Buffer.from(text));
const FRAMES = [
  // HTTP/2: settings, their acknowledgement, headers that are cut off, a stream that is reset, and going away.
  '000000040000000000',
  '000000040100000000',
  '000002010400000001ffff',
  '00000403000000000100000007',
  '0000080700000000000000000100000001',
  // WebSocket: a text, a reserved opcode, a close.
  '81026869',
  'ff00',
  '880203e8',
  // TLS: a server hello that ends at once, an alert.
  '16030300020200',
  '15030300020228',
].map((hex) => Buffer.from(hex, 'hex'));
const piece = fc.oneof(
  fc.constantFrom(...GARBAGE, ...FRAMES),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const behaviour = fc.record({
  pieces: fc.array(piece, { maxLength: 6 }),
  first: fc.boolean(),
  end: fc.constantFrom('end' as const, 'reset' as const, 'linger' as const),
});

/** What comes back can be judged or explains itself, and can be stored. */
function expectOutcome({ request, exchange, error, timings, assertions = [] }: Performed): void {
  expect(exchange !== null || error !== null).toBe(true);
  if (error) {
    expect(error.message.length).toBeGreaterThan(0);
    expect(error.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
  }
  if (exchange) {
    expect(exchange.response.bytes).toBeInstanceOf(Uint8Array);
    expect(typeof exchange.response.text).toBe('string');
  }
  const { body: _body, ...sent } = request ?? { body: null };
  const stored = { sent, timings, assertions, error };
  expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
}

describe.each(folders)('$kind', ({ kind, protocol }) => {
  test('is called like its folder, and its key is one of its keys', () => {
    expect(protocol.kind).toBe(kind);
    expect(Object.keys(protocol.keys)).toContain(protocol.key);
  });

  test('every key has a description and an example that is valid', () => {
    const visit = (name: string, schema: Record<string, unknown>) => {
      expect([name, typeof schema.description]).toEqual([name, 'string']);
      const { examples } = schema as { examples?: unknown[] };
      expect([name, examples?.length ?? 0]).not.toEqual([name, 0]);
      for (const example of examples ?? [])
        expect([name, example, isValid(schema, example)]).toEqual([name, example, true]);
    };
    for (const [name, schema] of Object.entries(protocol.keys)) {
      visit(name, schema as unknown as Record<string, unknown>);
      const { properties = {} } = schema as { properties?: Record<string, Record<string, unknown>> };
      for (const [field, inner] of Object.entries(properties)) visit(`${name}.${field}`, inner);
    }
  });

  test('its examples are checked, compiled and described in few words', () => {
    const { examples = [] } = protocol.keys[protocol.key] as { examples?: unknown[] };
    for (const example of examples) {
      const step = { name: 'example', [protocol.key]: example };
      expect(protocol.check(step, noFiles)).toEqual([]);
      const { method, route } = protocol.describe(protocol.compile(step, noFiles));
      expect(method).toMatch(/^[A-Z]+$/);
      expect(route.length).toBeGreaterThan(0);
    }
  });

  test('bears whatever the schema has complained about', () => {
    const anything = fc.anything({ maxDepth: 3, withNullPrototype: true });
    const keyed = fc.dictionary(
      fc.constantFrom(
        'url',
        'address',
        'method',
        'messages',
        'query',
        'headers',
        'metadata',
        'proto',
        'message',
        'name',
        'server',
        'send',
      ),
      anything,
    );
    fc.assert(
      fc.property(fc.oneof(anything, keyed), (written) => {
        const step: WrittenFields = { [protocol.key]: written };
        protocol.check(step, noFiles);
        protocol.captured(step);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test('expects by default what can be expected', () => {
    expect(Object.keys(protocol.defaultExpect).every((key) => key in AssertionsSchema.properties)).toBe(true);
  });
});

describe.each(speaking)('$kind', ({ stepTo }) => {
  const perform = (address: string, more: Circumstances = {}) =>
    performStep(stepTo(address), { allowed: [`http://${address}`], timeoutMs: 60, ...more });

  const against = async (
    peer: Promise<HostilePeer>,
    act: (address: string) => Promise<Performed>,
  ): Promise<Performed> => {
    const { address, close } = await peer;
    const performed = await act(address);
    // Ends only when nothing is left open.
    await close();
    return performed;
  };

  test('a closed port is an error in words', async () => {
    const { address, close } = await startHostilePeer({ pieces: [], end: 'end' });
    await close();
    const performed = await perform(address, { timeoutMs: 2_000 });
    expectOutcome(performed);
    expect(performed.error).toMatchObject({ kind: 'network', code: 'CONNECTION_REFUSED' });
  });

  test('a silent server is given up when the time is up, and nothing is left open', async () => {
    const performed = await against(startHostilePeer({ pieces: [], end: 'linger' }), perform);
    expectOutcome(performed);
    expect(performed.error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('within 60 ms') });
  });

  test('a run that was stopped before stays away, and one that is stopped meanwhile ends', async () => {
    const before = await against(startHostilePeer({ pieces: [], end: 'linger' }), (address) =>
      perform(address, { abort: AbortSignal.abort() }),
    );
    expectOutcome(before);
    expect(before.error).toMatchObject({ code: 'ABORTED' });
    const stop = new AbortController();
    const meanwhile = await against(startHostilePeer({ pieces: [], end: 'linger' }), (address) => {
      const performed = perform(address, { abort: stop.signal, timeoutMs: 60_000 });
      setTimeout(() => stop.abort(), 20);
      return performed;
    });
    expectOutcome(meanwhile);
    expect(meanwhile.error).toMatchObject({ code: 'ABORTED' });
  });

  test('metadata services and unlisted private targets are refused', async () => {
    for (const host of [
      '169.254.169.254',
      '127.0.0.1',
      '10.0.0.1',
      '[::1]',
      '[::ffff:169.254.169.254]',
      '2130706433',
    ]) {
      const { error, exchange } = await performStep(stepTo(`${host}:80`), { timeoutMs: 500 });
      expect([host, exchange, error?.kind]).toEqual([host, null, 'refused_target']);
    }
    const forbidden = await perform('169.254.169.254:80', { timeoutMs: 500 });
    expect(forbidden.error).toMatchObject({ kind: 'refused_target' });
  });

  test('a name that leads to a private address is refused', async () => {
    const lookup: NonNullable<Circumstances['lookup']> = (_name, done) =>
      done(null, [{ address: '10.1.2.3', family: 4 }]);
    const { error } = await performStep(stepTo('rebound.example:8080'), { lookup, timeoutMs: 500 });
    expect(error).toMatchObject({ kind: 'refused_target' });
  });

  test('whatever the other side sends, there is an outcome in time, and nothing is left open', async () => {
    const peer = await startHostilePeer({ pieces: [], end: 'end' });
    await fc.assert(
      fc.asyncProperty(behaviour, async (next) => {
        peer.behaviour = next;
        const start = performance.now();
        expectOutcome(await perform(peer.address, { timeoutMs: 40, bodyLimitBytes: 4_096 }));
        expect(performance.now() - start).toBeLessThan(10_000);
      }),
      { seed: 8, numRuns: 40 },
    );
    await peer.close();
  }, 20_000);
});
