import { isMapping } from '../../language/written.ts';
import type { BaseUrl } from '../base-url.ts';
import type { Omission, StepDraft } from '../draft.ts';
import type { Source } from '../importer.ts';
import { type ForeignRequest, requestStep } from '../request.ts';
import { isSecretName, type Secrets } from '../secrets.ts';
import { readAuth } from './auth.ts';
import { readBody } from './body.ts';
import { type Item, pairsOf, type Script, text } from './collection.ts';
import { Expectations } from './scripts/expectations.ts';
import { readScript, type ScriptActions } from './scripts/read.ts';
import { jsonPath, type Subject } from './scripts/subject.ts';
import { readUrl } from './url.ts';
import type { Variables } from './variables.ts';

interface Context {
  readonly base: BaseUrl;
  readonly secrets: Secrets;
  readonly variables: Variables;
  readonly source: Source;
}

/** A request with its scripts as a step; null-like `lost` when no step can be it. */
export function readItem(item: Item, context: Context): StepDraft | { lost: Omission[] } {
  const { base, secrets, variables, source } = context;
  const omissions: Omission[] = [];
  const omit = (what: string, why: string, instead: string) => {
    omissions.push({ item: item.name, what: secrets.blacken(what), why, instead });
  };
  for (const script of item.preRequest) readPreRequest(script, item, context, omit);
  const request = readRequest(item, { base, secrets, variables, source }, omit);
  const { expect, capture } = readTests(item, context, omit);
  return requestStep(
    item.name,
    request,
    secrets,
    { ...(expect ? { expect } : {}), ...(capture ? { capture } : {}) },
    omissions,
  );
}

/** Of protocolProfileBehavior. */
const CARRIED_OVER = ['followRedirects', 'maxRedirects', 'disableBodyPruning'];

type Omit = (what: string, why: string, instead: string) => void;

function readRequest(item: Item, { base, secrets, variables, source }: Context, omit: Omit): ForeignRequest {
  const { request, behaviour } = item;
  const translate = (written: string) => variables.translate(written);
  const method = text(request.method) || 'GET';
  const url = readUrl(request.url, variables);
  const headers = pairsOf(request.header).map(
    ({ key, value }) => [translate(key).trim(), translate(text(value))] as [string, string],
  );
  // A text with the headers one a line, of collections that are older.
  if (typeof request.header === 'string')
    for (const line of request.header.split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) headers.push([line.slice(0, colon).trim(), translate(line.slice(colon + 1).trim())]);
    }
  const auth = readAuth(item.auth, translate, secrets, omit);
  if (auth.header) headers.push([...auth.header]);
  // Postman sends no body with these, whatever the collection holds, unless it is told to.
  const pruned = /^(GET|HEAD|COPY|PURGE|UNLOCK)$/i.test(method) && behaviour.disableBodyPruning !== true;
  const { body, contentType } = pruned
    ? { body: null, contentType: undefined }
    : readBody(request.body, variables, (path) => source.reference(path), omit);
  if (contentType && !headers.some(([name]) => name.toLowerCase() === 'content-type'))
    headers.push(['Content-Type', contentType]);
  if (isMapping(request.proxy))
    omit(
      'the proxy of the request',
      'a proxy belongs to an environment',
      'write "connection: { proxy }" in ringdown.yaml',
    );
  if (isMapping(request.certificate))
    omit(
      'the client certificate of the request',
      'its files stand on the machine that it was exported from',
      'write "connection: { client_certificate }"',
    );
  for (const [key, value] of Object.entries(behaviour))
    if (!CARRIED_OVER.includes(key) && value !== false && value !== null)
      omit(
        `protocolProfileBehavior ${key}`,
        'a step does not have that setting',
        'see "connection" in docs/scenarios.md',
      );
  const follows = behaviour.followRedirects !== false;
  const most = Number(behaviour.maxRedirects ?? 10);
  const toldTo = behaviour.followRedirects === true || behaviour.maxRedirects !== undefined;
  return {
    method,
    url: variables.translate(base.relative(url.url)),
    ...(auth.query ? { query: [auth.query] } : {}),
    headers: headers.filter(([name]) => name !== ''),
    body,
    auth: auth.auth,
    // Postman follows redirects by itself; steps that no redirect can meet stay short.
    maxRedirects: follows && (toldTo || /^(GET|HEAD)$/i.test(method)) ? most : 0,
  };
}

/** Before a request, a script can only make variables: a claim about an answer cannot stand there. */
function readPreRequest(script: Script, item: Item, { variables }: Context, omit: Omit): void {
  readScript(script.text, {
    ...actions(script, item, variables, omit),
    demand: () => false,
    capture: () => false,
    set: (key, value) => {
      variables.make(key, value);
    },
  });
}

function readTests(item: Item, { variables }: Context, omit: Omit) {
  const expectations = new Expectations();
  const capture: Record<string, unknown> = {};
  for (const script of item.tests) {
    readScript(script.text, {
      ...actions(script, item, variables, omit),
      demand: (claim) => expectations.add(claim),
      capture(key, subject) {
        const from = captureOf(subject);
        if (!from) return false;
        capture[variables.capture(key)] = isSecretName(key)
          ? { ...(typeof from === 'string' ? { jsonpath: from } : from), secret: true }
          : from;
        return true;
      },
      set: (key, value) => {
        variables.make(key, value);
      },
    });
  }
  return { expect: expectations.written(), capture: Object.keys(capture).length > 0 ? capture : undefined };
}

function actions(script: Script, item: Item, variables: Variables, omit: Omit): Pick<ScriptActions, 'omit' | 'names'> {
  return {
    omit: (line, what, why, instead) =>
      omit(`${script.of === item.name ? '' : `${script.of}, `}script line ${line}: ${what}`, why, instead),
    names: {
      variable: (key) => `{{ ${variables.expression(key).text} }}`,
      translate: (written) => variables.translate(written),
    },
  };
}

function captureOf(subject: Subject): string | Record<string, unknown> | null {
  switch (subject.from) {
    case 'json':
      return jsonPath(subject.path);
    case 'header':
    case 'cookie':
      return { [subject.from]: subject.name };
    case 'status':
      return { status: true };
    case 'body':
      return { body: true };
    case 'time':
      return { duration: true };
    case 'size':
      return null;
  }
}
