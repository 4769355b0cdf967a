import { check } from 'k6';
import http from 'k6/http';

// The same journey in k6's own words; a connection of its own each time, every check must hold.
export const options = {
  vus: Math.min(10, Number(__ENV.JOURNEYS)),
  iterations: Number(__ENV.JOURNEYS),
  noVUConnectionReuse: true,
  thresholds: { checks: ['rate==1'] },
};

const origin = __ENV.ORIGIN;

export default function () {
  const json = { 'content-type': 'application/json' };
  const title = `hello ${Math.random().toString(36).slice(2)}`;
  const session = http.post(
    `${origin}/v1/sessions`,
    JSON.stringify({ email: 'qa@example.com', password: 'correct horse battery' }),
    {
      headers: json,
    },
  );
  check(session, { 'sign in: 201': (r) => r.status === 201, 'sign in: in time': (r) => r.timings.duration < 30000 });
  const headers = { ...json, authorization: `Bearer ${session.json('access_token')}` };
  const written = http.post(`${origin}/v1/posts`, JSON.stringify({ title, body: 'hi' }), { headers });
  check(written, { 'write: 201': (r) => r.status === 201 });
  const post = `${origin}/v1/posts/${written.json('id')}`;
  const read = http.get(post, { headers });
  check(read, { 'read: 200': (r) => r.status === 200, 'read: title': (r) => r.json('title') === 'hello' });
  const changed = http.patch(post, JSON.stringify({ title: `${title}, changed` }), { headers });
  check(changed, {
    'change: 200': (r) => r.status === 200,
    'change: title': (r) => r.json('title') === `${title}, changed`,
  });
  check(http.del(post, null, { headers }), { 'delete: 204': (r) => r.status === 204 });
}
