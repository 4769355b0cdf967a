import { createHash, createHmac } from 'node:crypto';
import { DOMParser, type Element } from '@xmldom/xmldom';
import type { AnswerRequest } from '../../notifier.ts';
import type { VendorCall, VendorReply } from './vendor-server.ts';

export const SID = 'AC00000000000000000000000000000001';
export const AUTH = 'auth-token-canary';
export const PUBLIC_URL = 'https://ringdown.example.com';

const E164 = /^\+[1-9]\d{1,14}$/;
/** https://www.twilio.com/docs/voice/api/call-resource */
const LONGEST_TWIML = 4_000;
const LONGEST_CALL_S = 14_400;
/** https://www.twilio.com/docs/messaging/api/message-resource */
const LONGEST_BODY = 1_600;

export interface MadeCall {
  sid: string;
  to: string;
  from: string;
  date_created: string;
  twiml: string;
  body: string;
  status_callback: string | null;
}

/** Stand-in for Twilio's Calls and Messages resources: basic auth, form encoding, E.164 numbers, TwiML that it understands. */
export function twilioPeer(made: MadeCall[]): (call: VendorCall) => VendorReply {
  const error = (status: number, code: number, message: string) => ({
    status,
    body: JSON.stringify({ code, message, status }),
  });
  return (call) => {
    const credentials = Buffer.from(`${SID}:${AUTH}`).toString('base64');
    if (call.headers.authorization !== `Basic ${credentials}`) return error(401, 20003, 'Authenticate');
    const [, resource] = new RegExp(`^/2010-04-01/Accounts/${SID}/(Calls|Messages)\\.json$`).exec(call.path) ?? [];
    if (!resource) return error(404, 20404, 'Not found');
    if (call.method === 'GET') {
      const sent = made.filter(({ to, from }) => to === call.query.get('To') && from === call.query.get('From'));
      return { status: 200, body: JSON.stringify({ [resource.toLowerCase()]: sent.toReversed() }) };
    }
    if (call.headers['content-type'] !== 'application/x-www-form-urlencoded') {
      return error(400, 21201, 'No To number');
    }
    const form = new URLSearchParams(call.body);
    const [to, from] = [form.get('To') ?? '', form.get('From') ?? ''];
    if (!E164.test(to) || !E164.test(from)) return error(400, 21211, 'invalid number');
    const status_callback = form.get('StatusCallback');
    if (status_callback !== null && !status_callback.startsWith('https://')) {
      return error(400, 21609, 'Invalid StatusCallback URL');
    }
    if (resource === 'Calls' && !(Number(form.get('TimeLimit') ?? LONGEST_CALL_S) <= LONGEST_CALL_S)) {
      return error(400, 21223, 'Invalid TimeLimit');
    }
    const twiml = form.get('Twiml') ?? '';
    const body = form.get('Body') ?? '';
    if (resource === 'Calls' && (twiml.length > LONGEST_TWIML || !isTwiml(twiml))) {
      return error(400, 12100, 'Document parse failure');
    }
    if (resource === 'Messages' && (body === '' || body.length > LONGEST_BODY)) {
      return error(400, body === '' ? 21602 : 21617, 'message body');
    }
    const sid = `${resource === 'Calls' ? 'CA' : 'SM'}${String(made.length).padStart(32, '0')}`;
    made.push({ sid, to, from, twiml, body, status_callback, date_created: new Date().toUTCString() });
    return { status: 201, body: JSON.stringify({ sid, status: 'queued' }) };
  };
}

/** What may stand where, of the verbs that are used here. */
const CHILDREN: Record<string, readonly string[]> = {
  Response: ['Say', 'Pause', 'Gather', 'Hangup', 'Message'],
  Gather: ['Say', 'Pause'],
};
const ATTRIBUTES: Record<string, RegExp> = {
  Say: /^(language|voice)$/,
  Pause: /^length$/,
  Gather: /^(input|numDigits|finishOnKey|timeout|method|action)$/,
};

/** Whether Twilio would understand it: well-formed XML of known verbs, in their places, with text in <Say> and <Message> alone. */
export function isTwiml(text: string): boolean {
  const errors: string[] = [];
  const onError = (_level: string, message: string) => void errors.push(message);
  const document = new DOMParser({ onError }).parseFromString(text, 'text/xml');
  const fits = (element: Element): boolean =>
    Array.from(element.attributes).every(({ name }) => ATTRIBUTES[element.nodeName]?.test(name)) &&
    Array.from(element.childNodes).every((node) =>
      node.nodeType === 3
        ? ['Say', 'Message'].includes(element.nodeName)
        : CHILDREN[element.nodeName]?.includes(node.nodeName) && fits(node as Element),
    );
  const root = document.documentElement;
  return errors.length === 0 && root?.nodeName === 'Response' && fits(root);
}

/** The address that a key would be sent to; null where the call takes none. */
export function actionOf(twiml: string): string | null {
  const [gather] = Array.from(new DOMParser().parseFromString(twiml, 'text/xml').getElementsByTagName('Gather'));
  return gather?.getAttribute('action') ?? null;
}

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security, step by step. */
export function twilioSignature(token: string, url: string, form: Record<string, string>): string {
  const text = Object.keys(form)
    .sort()
    .reduce((signed, name) => signed + name + form[name], url);
  return createHmac('sha1', token).update(text).digest('base64');
}

/** A form that Twilio posts to an address of ours. */
export function twilioPost(url: string, form: Record<string, string>, token = AUTH): AnswerRequest {
  return {
    method: 'POST',
    url: url.slice(PUBLIC_URL.length),
    publicUrl: url,
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': twilioSignature(token, url, form),
    },
    query: Object.fromEntries(new URL(url).searchParams),
    rawBody: Buffer.from(new URLSearchParams(form).toString()),
  };
}

/** A JSON document that Twilio posts: its digest is in the address. */
export function twilioJsonPost(address: string, body: string, token = AUTH): AnswerRequest {
  const url = `${address}?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  return {
    ...twilioPost(url, {}, token),
    headers: { 'content-type': 'application/json', 'x-twilio-signature': twilioSignature(token, url, {}) },
    rawBody: Buffer.from(body),
  };
}
