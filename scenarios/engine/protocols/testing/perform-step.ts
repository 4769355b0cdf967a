import { systemClock } from '../../../../core/clock.ts';
import type { Capture, Expectation } from '../../../language/model.ts';
import { render, type Scope } from '../../../language/template.ts';
import type { AssertionResult } from '../../../run-result.ts';
import { readCapture } from '../../assertions/capture.ts';
import { assertionKind } from '../../assertions/registry.ts';
import type { Exchange } from '../../exchange.ts';
import { type Files, noFiles } from '../../files.ts';
import { Filling } from '../../filling.ts';
import { DEFAULT_CONNECTION } from '../../http/connection.ts';
import { systemNames } from '../../http/connector.ts';
import { HttpSession } from '../../http/http-session.ts';
import { TimeUp } from '../../http/time-up.ts';
import { createUrlPolicy } from '../../http/url-policy.ts';
import { missingCapture } from '../../missing-capture.ts';
import { RunResources } from '../../run-resources.ts';
import type { Performed, ProtocolContext, WrittenFields } from '../protocol.ts';
import { protocolsNamedIn } from '../registry.ts';

export interface Circumstances
  extends Partial<Omit<ProtocolContext, 'fill' | 'http' | 'judge' | 'capture' | 'connection'>> {
  /** Origins that the URL policy lets through although they are private. */
  allowed?: string[];
  connection?: Partial<ProtocolContext['connection']>;
  files?: Files;
  values?: Map<string, unknown>;
  timeoutMs?: number;
}

/** Checks, compiles and performs a step as a file would have it, against the real network. */
export async function performStep(step: WrittenFields, circumstances: Circumstances = {}): Promise<Performed> {
  const { allowed = [], connection, files = noFiles, values = new Map(), timeoutMs = 5_000, ...rest } = circumstances;
  const [protocol] = protocolsNamedIn(step);
  const problems = protocol!.check(step, files);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const scope: Scope = {
    values,
    secrets: {},
    generators: { now: () => 0, random: () => 0 },
    environment: 'test',
    row: null,
    functions: null,
  };
  const policy = createUrlPolicy(allowed);
  const network = { clock: rest.clock ?? systemClock, policy, lookup: rest.lookup ?? systemNames };
  const http = new HttpSession({ ...network, bodyLimitBytes: rest.bodyLimitBytes ?? 2 ** 20 });
  const resources = rest.resources ?? new RunResources();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new TimeUp(timeoutMs)), timeoutMs);
  try {
    return await protocol!.perform(protocol!.compile(step, files), {
      ...network,
      fill: new Filling(scope),
      http,
      resources,
      connection: { ...DEFAULT_CONNECTION, ...connection },
      cookies: true,
      baseUrl: 'http://127.0.0.1:1',
      userAgent: 'ringdown/0',
      traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
      bodyLimitBytes: 2 ** 20,
      abort: deadline.signal,
      judge: (expectations, seen) => judge(expectations, seen, scope),
      capture: (captures, seen) => capture(captures, seen, values),
      ...rest,
    });
  } finally {
    clearTimeout(timer);
    if (!rest.resources) resources.close();
    await http.close();
  }
}

/** Judges an exchange by expectations as a file would have them. */
export function judged(expect: WrittenFields, seen: Exchange): AssertionResult[] {
  return Object.entries(expect).flatMap(([key, spec]) => {
    const kind = assertionKind(key)!;
    return kind.evaluate(kind.normalize(spec, noFiles), seen);
  });
}

function judge(expectations: readonly Expectation[], seen: Exchange, scope: Scope) {
  const results: AssertionResult[] = [];
  for (const { kind, spec } of expectations) {
    const rendered = render(spec, scope);
    if ('error' in rendered) return { results, error: rendered.error };
    results.push(...assertionKind(kind)!.evaluate(rendered.value, seen));
  }
  return { results, error: null };
}

function capture(captures: readonly Capture[], seen: Exchange, values: Map<string, unknown>): AssertionResult[] {
  return captures.flatMap((wanted) => {
    const found = readCapture(wanted.from, seen);
    if ('error' in found) return [missingCapture(wanted, found.error)];
    values.set(wanted.name, found.value);
    return [];
  });
}
