import { expect, test } from '@jest/globals';
import { template } from '../language/template.ts';
import { textCode } from './expression.ts';
import { urlCode } from './http-code.ts';
import { Refused } from './refusal.ts';
import { scriptOf } from './testing/parse.ts';

test.each(['/a/../b', '/a/.', '/./a', '/a/%2e%2E', '/100%', '/a%zz?x=1'])(
  'a URL that Go would send in another way, or not at all, is refused: %s',
  (url) => expect(() => urlCode(template(url, 'url'))).toThrow(Refused),
);

test.each(['/a/...', '/a.b/.c', '/a?x=../b&y=100%', '/%2F', '/{{ a }}/b'])('any other is kept: %s', (url) =>
  expect(urlCode(template(url, 'url'))).toBe(textCode(template(url, 'url'))),
);

test.each([
  [
    'a header',
    'request: { method: GET, url: /, headers: { x-name: "caf\u00e9 {{ $uuid }}" } }',
    'letters beyond ASCII in the header x-name',
  ],
  ['a pause', 'pause: 10ms, timeout: 5ms', 'a pause that is longer than its timeout'],
])('%s that k6 cannot do is refused with its step', (_, step, words) => {
  const made = scriptOf(`version: 1\nid: a\nname: a\nservice: a\nsteps:\n  - { name: this one, ${step} }\n`);
  expect(made).toMatchObject({ refusals: [{ message: `step "this one": k6 cannot do ${words}`, line: 6 }] });
});

test.each(['BASE_URL', 'ENVIRONMENT', 'K6_VUS', 'https_proxy'])(
  'a secret that k6 would take for a setting is refused: %s',
  (name) => {
    const made = scriptOf(
      `version: 1\nid: a\nname: a\nservice: a\nsecrets: [${name}]\nsteps: [{ name: a, request: GET / }]\n`,
    );
    expect(made).toMatchObject({
      refusals: [{ message: `k6 cannot do a secret called ${name}, which means something else to it` }],
    });
  },
);
