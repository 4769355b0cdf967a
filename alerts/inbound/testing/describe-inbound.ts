import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkDocument, readDocument } from '../../../core/document/index.ts';
import type { InboundKind, InboundRequest, InboundSettings } from '../inbound.ts';
import { requestOf, type TestReceiver, TOKEN, testReceiver } from './desk.ts';

export interface InboundHarness {
  kind: InboundKind;
  /** Keys beside name, type and token. */
  settings?: Record<string, unknown>;
  /** The vendor's example, fired and resolved: the same alert, the second a minute later by its own clock. */
  firing: object;
  resolved: object;
  /** The end of that alert as the vendor would have told it before it began. */
  resolvedBefore: object;
  expected: { key: string; title: string; service?: string; severity?: string | null };
  /** Documents that are JSON and not this vendor's. */
  foreign: readonly object[];
  /** A vendor that signs: wraps a document as it would send it. Otherwise it stands as it is, with the token. */
  send?(document: object): InboundRequest;
}

/** What every kind of source must keep, whatever its format is. */
export function describeInbound(harness: InboundHarness): void {
  const { kind, expected } = harness;
  const settings: InboundSettings = { name: 'source', type: kind.type, ...harness.settings };
  if (!harness.send) settings.token = TOKEN;
  const send = harness.send ?? ((document: object) => requestOf(document));

  describe(`${kind.type}, as every source`, () => {
    let it: TestReceiver;
    const receive = (document: object) => it.receiver.receive('source', send(document));
    const outcomes = () => Object.fromEntries(it.receiver.counts().map(({ outcome, count }) => [outcome, count]));

    beforeEach(async () => {
      it = await testReceiver(kind, settings);
    });
    afterEach(() => it.receiver.shutdown(AbortSignal.abort()));

    test('its settings are what its schema and its check allow', () => {
      const doc = readDocument(JSON.stringify(settings), 'ringdown.yaml');
      expect(checkDocument(doc, kind.settings)).toEqual([]);
      expect(kind.check(settings)).toEqual([]);
    });

    test('the vendor’s example fires and resolves as one monitor', async () => {
      expect(await receive(harness.firing)).toMatchObject({ status: 'taken', alerts: 1, changed: 1, skipped: [] });
      expect(await receive(harness.resolved)).toMatchObject({ status: 'taken', changed: 1 });
      expect(it.observed).toHaveLength(2);
      const [fired, ended] = it.observed;
      expect(fired).toMatchObject({
        source: 'inbound',
        monitor: `inbound:source/${expected.key}`,
        monitor_name: expected.title,
        service: expected.service ?? 'source',
        status: 'failed',
        failure: { kind: 'inbound', step: '' },
      });
      expect(fired!.labels.source).toBe('source');
      expect(fired!.failure!.message).toContain(expected.title);
      expect(ended).toMatchObject({
        monitor: fired!.monitor,
        service: fired!.service,
        status: 'passed',
        failure: null,
      });
      expect(ended!.environment).toBe(fired!.environment);
      expect(Date.parse(ended!.at)).toBeGreaterThanOrEqual(Date.parse(fired!.at));
    });

    test('an example said twice, also after a restart, changes nothing', async () => {
      await receive(harness.firing);
      await receive(harness.firing);
      const later = await it.restart();
      await later.receiver.receive('source', send(harness.firing));
      expect(it.observed).toHaveLength(1);
      expect(later.observed).toHaveLength(0);
      it = later;
    });

    test('an end that is older than the beginning is ignored', async () => {
      await receive(harness.firing);
      expect(await receive(harness.resolvedBefore)).toMatchObject({ status: 'taken', changed: 0 });
      expect(it.observed).toHaveLength(1);
      expect(outcomes()).toMatchObject({ accepted: 1, out_of_order: 1 });
    });

    test('an end of something unknown changes nothing and is counted', async () => {
      expect(await receive(harness.resolved)).toMatchObject({ status: 'taken', changed: 0 });
      expect(it.observed).toHaveLength(0);
      expect(outcomes()).toEqual({ unknown: 1 });
    });

    test('documents of others are refused with words, and ring nobody', async () => {
      for (const document of harness.foreign) {
        const receipt = await receive(document);
        expect(receipt).toMatchObject({ status: 'refused', refused: 'malformed' });
        expect(receipt.status === 'refused' && receipt.reason.length).toBeGreaterThan(10);
      }
      expect(it.observed).toHaveLength(0);
    });

    test('whatever JSON is sent, parsing ends in alerts or in words', () => {
      fc.assert(
        fc.property(fc.json({ maxDepth: 5 }), (body) => {
          const parsed = kind.parse(settings, requestOf(body), it.clock.now());
          expect('alerts' in parsed || 'refused' in parsed || 'confirm' in parsed).toBe(true);
        }),
        { numRuns: 200, seed: 6 },
      );
    });

    test('whatever stands in the place of a field, parsing ends in alerts or in words', () => {
      const places = paths(harness.firing);
      fc.assert(
        fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), (place, value) => {
          const parsed = kind.parse(settings, requestOf(replaced(harness.firing, place, value)), it.clock.now());
          if ('alerts' in parsed) for (const alert of parsed.alerts) expect(typeof alert.key).toBe('string');
          else expect('refused' in parsed || 'confirm' in parsed).toBe(true);
        }),
        { numRuns: 300, seed: 7 },
      );
    });

    test('text that is cut short anywhere is refused and says where', () => {
      const whole = JSON.stringify(harness.firing);
      for (const length of [0, 1, Math.floor(whole.length / 3), whole.length - 1]) {
        const parsed = kind.parse(settings, requestOf(whole.slice(0, length)), it.clock.now());
        expect(parsed).toMatchObject({ refused: 'malformed', reason: expect.stringMatching(/line 1, column|empty/) });
      }
    });

    if (!harness.send) {
      const tokens = (token: string): Record<string, Partial<InboundRequest>> => ({
        'Authorization: Bearer': { headers: { authorization: `Bearer ${token}` } },
        'X-Ringdown-Token': { headers: { 'x-ringdown-token': token } },
        'the password of Basic': {
          headers: { authorization: `Basic ${Buffer.from(`anyone:${token}`).toString('base64')}` },
        },
        '?token=': { headers: {}, query: { token } },
      });

      test.each(Object.keys(tokens('')))('its token is taken as %s, a wrong one is not', async (way) => {
        const right = requestOf(harness.firing, tokens(TOKEN)[way]);
        for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), '']) {
          const receipt = await it.receiver.receive('source', requestOf(harness.firing, tokens(wrong)[way]));
          expect(receipt).toMatchObject({ status: 'refused', refused: 'unauthentic' });
        }
        expect(it.observed).toHaveLength(0);
        expect(await it.receiver.receive('source', right)).toMatchObject({ status: 'taken', changed: 1 });
        expect(JSON.stringify(it.logged)).not.toContain(TOKEN);
      });
    }
  });
}

/** Where values stand in a document. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, entry]) => paths(entry, [...path, key]))
      : [];
  return path.length === 0 ? inside : [[...path], ...inside];
}

function replaced(document: object, path: readonly string[], value: unknown): object {
  const copy = structuredClone(document) as Record<string, unknown>;
  let inside = copy;
  for (const key of path.slice(0, -1)) inside = inside[key] as Record<string, unknown>;
  inside[path.at(-1)!] = value;
  return copy;
}
