import { describe, expect, test } from '@jest/globals';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { Parser } from 'htmlparser2';
import { HOSTILE_TEXT, notification } from '../../testing/notification.ts';
import { formatProblems, writeBody } from './format.ts';
import { channel } from './index.ts';
import { templateView } from './names.ts';

const FORM = 'application/x-www-form-urlencoded';

/** Titles that close what they stand in, open something else, or are half a character. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        "'",
        '<',
        '>',
        '&',
        '&amp;',
        '&#x41;',
        ']]>',
        '-->',
        '</p>',
        '<script>',
        '" onload="',
        '%26',
        '%',
      ),
      fc.constantFrom(
        '+',
        '=',
        ';',
        '\r\n',
        '\u0000',
        '\u001b',
        '\u2028',
        '\u202e',
        '\ud800',
        '\udc00',
        '{{ event }}',
        '\\',
        HOSTILE_TEXT,
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const holds = (check: (title: string) => void) => fc.assert(fc.property(hostile, check), { numRuns: 120, seed: 6 });
const body = (template: unknown, type: string, title: string) => {
  expect(formatProblems(template, type)).toEqual([]);
  return writeBody(template, type, templateView(notification({}, { title }))).body;
};

describe('whatever a title says, it stays in its place', () => {
  test('in a form that is written as a text', () => {
    holds((title) => {
      const fields = new URLSearchParams(body('to=kim&text=[{{ incident.title }}]&urgent=1', FORM, title));
      expect([...fields]).toEqual([
        ['to', 'kim'],
        ['text', `[${title.toWellFormed()}]`],
        ['urgent', '1'],
      ]);
    });
  });

  test('in a form that is written as a map', () => {
    holds((title) => {
      const template = {
        'the text': '{{ incident.title }}',
        count: '{{ incident.failing_count }}',
        'a&b': null,
        list: ['x'],
      };
      expect([...new URLSearchParams(body(template, FORM, title))]).toEqual([
        ['the text', title.toWellFormed()],
        ['count', '1'],
        ['a&b', ''],
        ['list', '["x"]'],
      ]);
    });
  });

  test('in XML, between tags and within either quotes', () => {
    const template = `<a b="{{ incident.title }}" c='{{ incident.title }}'>{{ incident.title }}</a>`;
    holds((title) => {
      const trouble: string[] = [];
      const onError = (_level: string, message: string) => void trouble.push(message);
      const root = new DOMParser({ onError }).parseFromString(body(template, 'application/soap+xml', title), 'text/xml')
        .documentElement!;
      expect(trouble).toEqual([]);
      expect([root.childNodes.length, root.attributes.length]).toEqual([title === '' ? 0 : 1, 2]);
      // What XML cannot hold is a space, and its reader makes one line break of each kind.
      const kept = title
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
        .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, ' ');
      const folded = (text: string) => text.replace(/\s/g, ' ').replace(/ +/g, ' ');
      expect(folded(root.textContent ?? '')).toBe(folded(kept));
      expect(folded(root.getAttribute('b') ?? '')).toBe(folded(kept));
      expect(root.getAttribute('c')).toBe(root.getAttribute('b'));
    });
  });

  test('in HTML, and nothing of it becomes a tag', () => {
    const template = `<p title="{{ incident.title }}">{{ incident.title }}</p><a href="{{ incident.url }}">x</a>`;
    holds((title) => {
      const seen: unknown[] = [];
      const parser = new Parser({
        onopentag: (name, attributes) => void seen.push([name, Object.keys(attributes)]),
        onclosetag: (name) => void seen.push(name),
        oncomment: () => void seen.push('comment'),
        onprocessinginstruction: () => void seen.push('instruction'),
      });
      parser.end(body(template, 'text/html; charset=utf-8', title));
      expect(seen).toEqual([['p', ['title']], 'p', ['a', ['href']], 'a']);
    });
  });
});

describe('what no escape protects is told at start', () => {
  const said = (template: unknown, type?: string) => formatProblems(template, type).map(({ message }) => message);
  test.each([
    ['text/html', '<p class={{ incident.service }}>', 'in a tag without quotes'],
    ['text/html', '<{{ incident.service }}>', 'in a tag without quotes'],
    ['application/xml', `<a b="x" {{ incident.service }}>`, 'in a tag without quotes'],
    ['text/html', '<script>say("{{ incident.title }}")</script>', 'in <script>'],
    ['text/html', '<STYLE>{{ incident.title }}</STYLE>', 'in <STYLE>'],
    ['text/html', `<b onclick="x('{{ incident.title }}')">`, 'in onclick'],
    ['text/html', `<b style = 'color:{{ incident.title }}'>`, 'in style'],
    ['text/html', '<a href="{{ incident.title }}">', 'begins an address'],
    ['application/xhtml+xml', '<a href=" {{ incident.title }}">', 'begins an address'],
    ['text/xml', '<!-- {{ incident.title }} -->', 'in a comment'],
    ['text/xml', '<![CDATA[{{ incident.title }}]]>', 'in CDATA'],
    ['text/xml', '<?xml version="{{ incident.title }}"?>', 'in a declaration'],
  ])('%s: %s', (type, template, message) => {
    expect(said(template, type)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ['text/html', '<!doctype html><script>let a = "<b>"</script><p>{{ incident.title }}</p>'],
    ['text/html', '<a class="x" href="{{ incident.url }}" title="> {{ page.headline }}">{{ page.text }}</a>'],
    ['text/html', '<a href="https://x.example/{{ incident.id }}">a</a><!-- " --> <i>{{ event }}</i>'],
    ['text/html', '<script src="x.js"></script><p>{{ incident.title }}</p>'],
    ['application/xml', `<?xml version="1.0"?><![CDATA[<a]]><a b='"{{ event }}'><script>{{ event }}</script></a>`],
    ['text/markdown', '**{{ incident.title }}**'],
    [undefined, '<{{ event }}'],
  ])('%s: %s is right', (type, template) => {
    expect(said(template, type)).toEqual([]);
  });

  test('types that nobody knows how to write, and templates that are none of their type', () => {
    expect(said('a,{{ event }}', 'text/csv')).toEqual([
      expect.stringContaining('escape what is put into a body of text/csv'),
    ]);
    expect(said({ a: 1 }, 'text/xml')).toEqual([
      'the header says that the body is text/xml, and the template is a map',
    ]);
    expect(said(['a'], FORM)).toEqual([expect.stringContaining('the template is a list')]);
    expect(said('x', 'text/html; charset=UTF-7')).toEqual([expect.stringContaining('UTF-8')]);
    expect(said({ a: '{{ nothing }}' }, 'text/xml')).toHaveLength(2);
  });

  test('a million signs take no time', () => {
    for (const text of [
      '<a '.repeat(300_000),
      '<!--'.repeat(300_000),
      '<a b="'.repeat(200_000),
      '<script></SCRIPT>'.repeat(50_000),
      '<script>'.repeat(100_000),
    ]) {
      expect(said(text, 'text/html')).toEqual([]);
    }
  });
});

test('the header is the one of the channel, in whatever case', () => {
  const settings = {
    name: 'hook',
    type: 'webhook',
    url: 'https://x.example',
    headers: { 'Content-Type': 'text/html' },
  };
  expect(channel.check!({ ...settings, template: '<p {{ event }}>' })).toMatchObject([{ path: ['template'] }]);
});
