import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fakerMethods } from './faker.ts';
import {
  compileTemplate,
  expressionsOf,
  type Generators,
  render,
  renderString,
  type Scope,
  template,
} from './template.ts';

fc.configureGlobal({ seed: 20261123 });

/** A small linear congruential generator: the same numbers on every run. */
function seeded(seed = 1): Generators {
  let state = seed;
  return {
    now: () => Date.UTC(2026, 10, 23, 3, 0, 0),
    random() {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    },
  };
}

const scope = (values: Record<string, unknown> = {}, secrets: Record<string, string> = {}): Scope => ({
  values: new Map(Object.entries(values)),
  secrets,
  generators: seeded(),
  environment: 'local',
  row: null,
  functions: null,
});

const value = (text: unknown, values: Record<string, unknown> = {}) => {
  const rendered = render(template(text), scope(values));
  return 'value' in rendered ? rendered.value : `error: ${rendered.error.message}`;
};

describe('types', () => {
  test('a value that is exactly one template keeps its type, inside a text it becomes text', () => {
    const values = { n: 5, yes: true, list: [1, 'a'], map: { a: 1 }, nothing: null };
    expect(value({ a: '{{ n }}', b: '{{n}}', c: '#{{ n }}', d: '{{ n | string }}' }, values)).toEqual({
      a: 5,
      b: 5,
      c: '#5',
      d: '5',
    });
    expect(value(['{{ yes }}', '{{ list }}', '{{ map }}', '{{ nothing }}', 'x {{ list }}'], values)).toEqual([
      true,
      [1, 'a'],
      { a: 1 },
      null,
      'x [1,"a"]',
    ]);
  });

  test('any JSON value survives the trip through a template and a JSON body', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (json, text) => {
        const rendered = render(template({ whole: '{{ json }}', part: 'a {{ text }} b' }), scope({ json, text }));
        if (!('value' in rendered)) throw new Error(rendered.error.message);
        expect(JSON.parse(JSON.stringify(rendered.value))).toEqual(
          JSON.parse(JSON.stringify({ whole: json, part: `a ${text} b` })),
        );
      }),
    );
  });

  test('a raw JSON body stays JSON whatever is put into its texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const rendered = renderString(template('{"a": "{{ text }}"}', 'json'), scope({ text }));
        if (!('value' in rendered)) throw new Error(rendered.error.message);
        expect(JSON.parse(rendered.value)).toEqual({ a: text });
      }),
    );
  });
});

describe('paths', () => {
  test('fields, indices and quoted names, own properties only', () => {
    const values = { user: { id: 7, 'e-mail': 'a@b', tags: ['x', 'y'] } };
    expect(value('{{ user.id }}', values)).toBe(7);
    expect(value('{{ user["e-mail"] }}', values)).toBe('a@b');
    expect(value('{{ user.tags[1] }}{{ user.tags.0 }}', values)).toBe('yx');
    expect(value('{{ user.name }}', values)).toBe('error: {{ user.name }} is not defined');
  });

  test.each([
    'constructor',
    '__proto__',
    'toString',
    'a.constructor',
    'a.__proto__',
    'a.b.length',
    'a.constructor.constructor',
  ])('{{ %s }} is not defined', (name) => {
    expect(value(`{{ ${name} }}`, { a: { b: 'text' }, list: [] })).toMatch(/is not defined$/);
  });

  test('an undefined name tells the nearest known one', () => {
    const rendered = render(template('{{ tokn }}'), scope({ token: 'x', id: 1 }));
    expect(rendered).toEqual({
      error: { code: 'undefined', message: '{{ tokn }} is not defined', hint: 'did you mean "token"?', name: 'tokn' },
    });
  });

  test('secrets are found under their own name only', () => {
    const from = scope({ PASSWORD: 'not this' }, { PASSWORD: 's3cret' });
    expect(render(template('{{ secrets.PASSWORD }}'), from)).toEqual({ value: 's3cret' });
    expect(render(template('{{ secrets.toString }}'), from)).toMatchObject({ error: { code: 'undefined' } });
  });
});

describe('it substitutes and never executes', () => {
  test('what a template puts in is not read as a template again', () => {
    expect(value('{{ a }} {{ b }}', { a: '{{ b }}', b: '${1+1}' })).toBe('{{ b }} ${1+1}');
  });

  test.each([
    '{{ 1 + 1 }}',
    '{{ a() }}',
    '{{ a ? b : c }}',
    '{{ a; b }}',
    '{{ (a) }}',
    '{{ a | }}',
    '{{ }}',
    '{{ a',
    '{{ a.b. }}',
    '{{ $nothing }}',
    '{{ a | nothing }}',
    '{{ `a` }}',
    '{{ $uuid(1) }}',
  ])('%s is a syntax error', (text) => {
    expect(compileTemplate(text).errors).toHaveLength(1);
  });

  test('any text compiles or is an error with a place inside of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('{{', '}}', '|', '$uuid', '"', '.', '[', 'a', ' '), fc.string())),
        (pieces) => {
          const text = pieces.join('');
          const { template: made, errors } = compileTemplate(text);
          for (const { offset, length } of errors) expect(offset + length).toBeLessThanOrEqual(text.length);
          for (const { offset, length } of expressionsOf(made))
            expect(text.slice(offset, offset + length)).toMatch(/^\{\{[\s\S]*\}\}$/);
          if (errors.length === 0) expect(render(made, scope({ a: 'x' }))).toBeDefined();
        },
      ),
    );
  });

  test('keys named __proto__ become own properties', () => {
    const rendered = value(JSON.parse('{"__proto__": {"polluted": "{{ a }}"}}'), { a: 1 });
    expect(Object.keys(rendered as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('a long text of openings is no trouble', () => {
    const start = performance.now();
    compileTemplate('{{ a | '.repeat(20_000));
    compileTemplate(`{{ ${'"'.repeat(100_000)} }}`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('escaping', () => {
  const url = (text: string, values: Record<string, unknown>) => renderString(template(text, 'url'), scope(values));

  test('values in a URL are percent-encoded and cannot change the path', () => {
    expect(url('/posts/{{ id }}', { id: 'a/b?c#d%' })).toEqual({ value: '/posts/a%2Fb%3Fc%23d%25' });
    expect(url('/posts?q={{ q }}', { q: 'a&b=c' })).toEqual({ value: '/posts?q=a%26b%3Dc' });
    for (const id of ['', '.', '..'])
      expect(url('/posts/{{ id }}', { id })).toMatchObject({ error: { code: 'unusable' } });
    expect(url('/posts/{{ id }}', { id: null })).toMatchObject({
      error: { message: '{{ id }} is null, which cannot be part of a text' },
    });
    expect(url('{{ next }}', { next: 'http://127.0.0.1/a?b=c' })).toEqual({ value: 'http://127.0.0.1/a?b=c' });
  });

  test('a decoded URL segment is the value again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 3 }), (id) => {
        const rendered = url('/posts/{{ id }}', { id });
        if ('value' in rendered)
          expect(decodeURIComponent(new URL(`http://a${rendered.value}`).pathname.slice(7))).toBe(id);
      }),
    );
  });

  test('a header cannot be broken out of', () => {
    const header = (x: string) => renderString(template('Bearer {{ x }}', 'header'), scope({ x }));
    expect(header('ab.c')).toEqual({ value: 'Bearer ab.c' });
    for (const bad of ['a\r\nX: y', 'a\nb', 'a\0', '글'])
      expect(header(bad)).toMatchObject({ error: { code: 'unusable' } });
  });

  test('XML', () => {
    expect(renderString(template('<a b="{{ x }}"/>', 'xml'), scope({ x: '"/><b>&\'' }))).toEqual({
      value: '<a b="&#34;/&#62;&#60;b&#62;&#38;&#39;"/>',
    });
  });
});

test('filters', () => {
  const values = { n: '42', t: ' Aé ', o: { a: 1 } };
  expect(value('{{ n | number }}', values)).toBe(42);
  expect(value('{{ t | number }}', values)).toMatch(/error: .* is not a number/);
  expect(value('{{ t | trim | upper }}', values)).toBe('AÉ');
  expect(value('{{ t | trim | base64 }}', values)).toBe('QcOp');
  expect(value('{{ t | trim | url }}', values)).toBe('A%C3%A9');
  expect(value('{{ o | json }}', values)).toBe('{"a":1}');
  expect(value('{{ missing | default("none") }}', values)).toBe('none');
  expect(value('{{ missing.deep | default(3) }}', values)).toBe(3);
  expect(value('{{ missing | upper }}', values)).toMatch(/is not defined/);
});

test('generators are seeded and bounded', () => {
  expect(value('{{ $uuid }}')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(value('{{ $uuid }}')).toBe(value('{{ $uuid }}'));
  expect(value('{{ $now }}')).toBe('2026-11-23T03:00:00.000Z');
  expect(value('{{ $timestamp }}')).toBe(1_795_402_800);
  expect(value('{{ $random_string(5) }}')).toMatch(/^[a-z0-9]{5}$/);
  const from = { ...scope(), generators: seeded(7) };
  const die = template('{{ $random_int(1, 6) }}');
  const throws = Array.from({ length: 200 }, () => (render(die, from) as { value: number }).value);
  expect([Math.min(...throws), Math.max(...throws), new Set(throws).size]).toEqual([1, 6, 6]);
});

describe('time', () => {
  test.each([
    ['{{ $now("+1h30m") }}', '2026-11-23T04:30:00.000Z'],
    ['{{ $now("-1d", "yyyy-MM-dd") }}', '2026-11-22'],
    ['{{ $now("dd.MM.yyyy HH:mm:ss.SSS") }}', '23.11.2026 03:00:00.000'],
    [`{{ $now("yyyy-MM-dd'T'HH:mmZ") }}`, '2026-11-23T03:00Z'],
    ['{{ $now("unix") }}', 1_795_402_800],
    ['{{ $now("+1s", "unix_ms") }}', 1_795_402_801_000],
    ['{{ $now("http") }}', 'Mon, 23 Nov 2026 03:00:00 GMT'],
    ['{{ at | date("yyyy") }}', '2024'],
    ['{{ ms | date("iso") }}', '1970-01-01T00:00:01.000Z'],
    ['{{ text | date("iso") }}', 'error: {{ text | date("iso") }} "soon" is not a time'],
  ])('%s', (text, expected) => {
    expect(value(text, { at: '2024-02-29T12:00:00+09:00', ms: 1_000, text: 'soon' })).toBe(expected);
  });

  test.each([
    '{{ $now("tomorrow") }}',
    '{{ $now("YYYY-MM-DD") }}',
    '{{ $now("+1x") }}',
    '{{ $now("+300y") }}',
    '{{ a | date("q") }}',
  ])('%s is a mistake', (text) => expect(compileTemplate(text).errors).toHaveLength(1));
});

describe('invented data', () => {
  test('the same seed invents the same, and every method that is let through gives JSON', () => {
    const invent = (seed: number) =>
      render(template(['{{ $faker("person.firstName") }}', '{{ $faker("date.past") }}']), {
        ...scope(),
        generators: seeded(seed),
      });
    expect(invent(3)).toEqual(invent(3));
    expect(invent(3)).not.toEqual(invent(4));
    expect(fakerMethods().size).toBeGreaterThan(200);
    for (const method of fakerMethods()) {
      const made = value({ made: `{{ $faker("${method}") }}` });
      expect(JSON.parse(JSON.stringify(made))).toEqual(made);
    }
  });

  test.each([
    ['person.firstname', 'did you mean "person.firstName"?'],
    ['helpers.fake', 'for example: $faker("person.firstName")'],
    ['constructor.constructor', 'for example: $faker("person.firstName")'],
  ])('%s is a mistake', (method, hint) => {
    expect(compileTemplate(`{{ $faker("${method}") }}`).errors).toMatchObject([{ hint }]);
  });
});

describe('signing', () => {
  // RFC 4231, test case 2.
  const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  const secrets = { KEY: 'Jefe' };
  const signed = (text: string, values: Record<string, unknown> = {}) => render(template(text), scope(values, secrets));

  test('a key may be a secret or a name', () => {
    const values = { body: 'what do ya want for nothing?', key: 'Jefe' };
    expect(signed('{{ body | hmac_sha256(secrets.KEY) }}', values)).toEqual({ value: digest });
    expect(signed('{{ body | hmac_sha256(key) }}', values)).toEqual({ value: digest });
    expect(signed('{{ body | hmac_sha256(secrets.KEY, "base64") }}', values)).toEqual({
      value: Buffer.from(digest, 'hex').toString('base64'),
    });
    expect(signed('{{ body | hmac_sha256(nothing) }}', values)).toMatchObject({ error: { code: 'undefined' } });
  });

  test('hashes and base64url', () => {
    expect(value('{{ "abc" | sha256 }}')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(value('{{ "??>" | base64url }}')).toBe('Pz8-');
    expect(compileTemplate('{{ a | sha256("octal") }}').errors).toHaveLength(1);
  });
});

describe('functions, rows and environments', () => {
  const functions = {
    names: ['sign'],
    call: (name: string, args: readonly unknown[]) =>
      name === 'sign' ? { value: { signed: args } } : { error: 'threw: no' },
  };
  const from: Scope = { ...scope({ body: { a: 1 } }, { KEY: 'k' }), functions, environment: 'staging', row: 3 };

  test('a function takes literals, names and secrets and gives any JSON', () => {
    expect(render(template('{{ $call("sign", body.a, secrets.KEY, "x", 1, true, null) }}'), from)).toEqual({
      value: { signed: [1, 'k', 'x', 1, true, null] },
    });
    expect(render(template('{{ $call("other") }}'), from)).toMatchObject({
      error: { message: '{{ $call("other") }} threw: no' },
    });
    expect(render(template('{{ $call("sign") }}'), scope())).toMatchObject({ error: { code: 'unusable' } });
    expect(render(template('{{ $call("sign", nothing) }}'), from)).toMatchObject({ error: { name: 'nothing' } });
  });

  test('their names are known', () => {
    expect(render(template('{{ $env }}#{{ $row }}'), from)).toEqual({ value: 'staging#3' });
    expect(render(template('{{ $row }}'), scope())).toMatchObject({ error: { code: 'unusable' } });
  });
});

describe('what a template makes is bounded', () => {
  const grow = (written: (name: string) => unknown) => {
    const values = new Map<string, unknown>([['v', 'abcdefgh "quoted"']]);
    for (let round = 0; round < 60; round++) {
      const rendered = render(template(written('v')), { ...scope(), values });
      if ('error' in rendered) return rendered.error.message;
      values.set('v', rendered.value);
    }
    return 'it grew';
  };

  test.each<[string, (name: string) => unknown]>([
    ['texts', (name) => `{{ ${name} }}{{ ${name} }}`],
    ['lists', (name) => [`{{ ${name} }}`, `{{ ${name} }}`]],
    ['mappings', (name) => ({ a: `{{ ${name} }}`, b: [[`{{ ${name} }}`]] })],
    ['filters', (name) => `{{ ${name} | json | json | json }}`],
    ['fallbacks', (name) => `{{ ${name} | default("") | base64 }}`],
  ])('%s that hold each other', (_what, grown) => {
    expect(grow(grown)).toMatch(/becomes larger than 10 MiB$/);
  });

  test('and a large value that is there already is handed on', () => {
    const large = 'x'.repeat(11 * 2 ** 20);
    expect(value('{{ large }}', { large })).toBe(large);
    expect(value({ large: '{{ large }}' }, { large })).toBe('error: the value becomes larger than 10 MiB');
  });
});
