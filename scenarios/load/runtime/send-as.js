import http from 'k6/http';
import { answered, orStopped, prepare } from './http.js';

/** Sends a request as someone: signed, and a second time where the answer asks for more. */
export function sendAs(identity, method, target, options = {}) {
  const request = prepare(method, target, options);
  const ask = () => orStopped(() => http.request(request.method, request.url, request.body, request.params));
  identity.sign(request);
  const answer = ask();
  return answered(identity.again(request, answer) ? ask() : answer, request);
}
