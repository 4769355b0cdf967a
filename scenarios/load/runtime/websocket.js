import encoding from 'k6/encoding';
import http from 'k6/http';
import ws from 'k6/ws';
import { capture, expect, fits, lost, StepError, state, timeLeft } from './flow.js';
import { header, targetOf } from './http.js';
import { randomHex } from './randomness.js';
import { TemplateError } from './templates.js';

/**
 * A conversation over WebSocket in turns: `{ send: () => text }`, `{ binary: base64 }`, `{ receive: (message) => checks,
 * within, capture: (message) => sources }` and `{ close: code }`. The body of the answer is the list of what came.
 */
export function converse(target, { name = '', headers = {}, subprotocol = '', timeout = 3_600_000 }, turns) {
  const sent = {};
  for (const [field, value] of Object.entries(headers)) sent[field.toLowerCase()] = value;
  if (subprotocol) sent['sec-websocket-protocol'] = subprotocol;
  sent['user-agent'] = sent['user-agent'] ? `${USER_AGENT} ${sent['user-agent']}` : USER_AGENT;
  sent.traceparent = `00-${state.trace}-${randomHex(16)}-01`;
  const url = targetOf(target).replace(/^http/, 'ws');
  const params = { headers: sent, jar: new http.CookieJar(), tags: { name: name || `WS ${target.split('?')[0]}` } };
  const begun = Date.now();
  const limit = Math.max(1, Math.min(timeout, timeLeft()));
  const said = new Conversation(turns);
  const opened = ws.connect(url, params, (socket) => said.over(socket, limit));
  if (said.error) throw said.error;
  if (!opened.status) throw new StepError(opened.error || 'no answer to the handshake');
  if (subprotocol && opened.status === 101 && header(opened, 'sec-websocket-protocol') !== subprotocol)
    throw new StepError(`the service did not agree to the subprotocol ${subprotocol}`);
  const duration = Date.now() - begun;
  const body = opened.status === 101 ? JSON.stringify(said.received) : opened.body;
  return { status: opened.status, headers: opened.headers, body, timings: { blocked: 0, duration } };
}

/** Takes its turns as messages come, until one fails. */
class Conversation {
  constructor(turns) {
    this.turns = turns;
    this.turn = 0;
    this.waiting = -1;
    this.seen = 0;
    this.received = /** @type {any[]} */ ([]);
    this.messages = /** @type {{ body: string }[]} */ ([]);
    this.error = /** @type {unknown} */ (null);
    this.ended = false;
  }

  over(socket, limit) {
    const came = (shown, body) => {
      this.received.push(shown);
      this.messages.push({ body });
      this.goOn(socket);
    };
    socket.on('open', () => {
      socket.setTimeout(() => this.end(socket, new StepError(`no end within ${limit} ms`)), limit);
      this.goOn(socket);
    });
    socket.on('message', (message) => came(message, message));
    socket.on('binaryMessage', (bytes) => {
      const base64 = encoding.b64encode(bytes);
      came({ base64 }, encoding.b64decode(base64, 'std', 's'));
    });
    socket.on('close', () => {
      if (this.ended) return;
      this.ended = true;
      lost(`message ${this.turn + 1}: the connection was closed`);
    });
    socket.on('error', (error) => {
      if (!/close \d+/.test(error.error()) || /close 1006/.test(error.error()))
        this.end(socket, new StepError(`the connection was broken off: ${error.error()}`));
    });
  }

  /** As far as it goes with what has come. */
  goOn(socket) {
    try {
      while (!this.ended && this.turn < this.turns.length && this.take(socket, this.turns[this.turn])) this.turn++;
      if (this.turn >= this.turns.length) this.end(socket, null);
    } catch (error) {
      // The conversation has begun: it is no step that could be left out.
      this.end(socket, error instanceof TemplateError ? new StepError(error.message) : error);
    }
  }

  /** Whether the turn is over. */
  take(socket, turn) {
    if (turn.send) socket.send(turn.send());
    else if (turn.binary !== undefined) socket.sendBinary(encoding.b64decode(turn.binary));
    else if (turn.close) {
      this.ended = this.turn === this.turns.length - 1;
      socket.close(turn.close);
    } else return this.receive(socket, turn);
    return true;
  }

  /** Passes over messages that do not fit. */
  receive(socket, { receive, within, capture: sources }) {
    while (this.seen < this.messages.length) {
      const message = this.messages[this.seen++];
      if (!fits(receive(message))) continue;
      expect(receive(message));
      if (sources) capture(sources(message));
      if (state.stepFailed) this.end(socket, null);
      return true;
    }
    const { turn } = this;
    if (within !== undefined && this.waiting !== turn) {
      this.waiting = turn;
      socket.setTimeout(() => {
        if (this.ended || this.turn !== turn) return;
        lost(`message ${turn + 1}: nothing that fits came within ${within} ms`);
        this.end(socket, null);
      }, within);
    }
    return false;
  }

  end(socket, error) {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    socket.close(1000);
  }
}
