import type { ChannelProblem } from '../../notifier.ts';
import { fillIn } from '../../template.ts';

/** Names of what holds an address, which alone may begin one: what others write could be `javascript:…`. */
const ADDRESSES = new Set([
  'incident.url',
  'incident.runbook',
  'incident.cause.run_url',
  'incident.cause.source_url',
  'page.answer_url',
]);
const ADDRESS_ATTRIBUTE = /^(?:href|src|action|formaction|xlink:href|data|poster|background|cite|srcset|ping)$/i;
/** What stands in them is a program, or a style that loads something. */
const PROGRAM_ATTRIBUTE = /^(?:on.*|style|srcdoc)$/i;
const PROGRAM_ELEMENT = /^(?:script|style|iframe|noscript|template|xmp|noembed|noframes|plaintext)$/i;

type Place =
  | { in: 'text' }
  | { in: 'tag'; element: string }
  | { in: 'attribute'; element: string; name: string; quote: string; begins: boolean }
  | { in: 'comment' }
  | { in: 'cdata' }
  | { in: 'instruction' }
  | { in: 'program'; element: string };

/**
 * Names that stand where no escape protects their surroundings. Escaped text is safe between tags and within quotes,
 * and nowhere else.
 */
export function misplacedNames(template: string, kind: 'xml' | 'html', path: ChannelProblem['path']): ChannelProblem[] {
  const problems: ChannelProblem[] = [];
  let place = { in: 'text' } as Place;
  fillIn(
    template,
    (name, written) => {
      const problem = wrongAt(place, name, written, kind);
      if (problem) problems.push({ path, ...problem });
      if (place.in === 'attribute') place = { ...place, begins: false };
      return '';
    },
    (words) => {
      for (let rest = words; rest !== ''; ) {
        const [next, taken] = step(place, rest, kind);
        place = next;
        rest = rest.slice(taken);
      }
      return '';
    },
  );
  return problems;
}

function wrongAt(
  place: Place,
  name: string,
  written: string,
  kind: 'xml' | 'html',
): Pick<ChannelProblem, 'message' | 'hint'> | null {
  switch (place.in) {
    case 'text':
      return null;
    case 'tag':
      return {
        message: `${written} stands in a tag without quotes: what is put in could end the tag`,
        hint: `write it between tags, or as title="${written}"`,
      };
    case 'comment':
      return { message: `${written} stands in a comment, which nobody reads`, hint: 'leave it out' };
    case 'cdata':
      return {
        message: `${written} stands in CDATA: what is put in is escaped, and would be read with its escapes`,
        hint: 'leave the CDATA out',
      };
    case 'instruction':
      return {
        message: `${written} stands in a declaration, where nothing can be put in`,
        hint: 'write it between tags',
      };
    case 'program':
      return {
        message: `${written} stands in <${place.element}>: what is put in could become a program`,
        hint: 'write it between other tags',
      };
    case 'attribute': {
      if (kind === 'html' && PROGRAM_ATTRIBUTE.test(place.name)) {
        return {
          message: `${written} stands in ${place.name}: what is put in could become a program`,
          hint: 'write it between tags',
        };
      }
      if (kind === 'html' && ADDRESS_ATTRIBUTE.test(place.name) && place.begins && !ADDRESSES.has(name)) {
        return {
          message: `${written} begins an address, and it is none`,
          hint: `these are: ${[...ADDRESSES].join(', ')}`,
        };
      }
      return null;
    }
  }
}

/** The next place, and how many signs of `rest` led there. */
function step(place: Place, rest: string, kind: 'xml' | 'html'): [Place, number] {
  const until = (end: string, next: Place): [Place, number] => {
    const at = rest.indexOf(end);
    return at < 0 ? [place, rest.length] : [next, at + end.length];
  };
  switch (place.in) {
    case 'text': {
      const at = rest.indexOf('<');
      if (at < 0) return [place, rest.length];
      const opened = rest.slice(at);
      if (opened.startsWith('<!--')) return [{ in: 'comment' }, at + 4];
      if (opened.startsWith('<![CDATA[')) return [{ in: 'cdata' }, at + 9];
      if (/^<[!?]/.test(opened)) return [{ in: 'instruction' }, at + 2];
      // What is closed opens nothing.
      const [start, element = ''] = /^<([a-z_][^\s/>]*)?/i.exec(opened)!;
      return [{ in: 'tag', element }, at + start.length];
    }
    case 'tag': {
      const at = rest.search(/["'>]/);
      if (at < 0) return [place, rest.length];
      if (rest[at] === '>') {
        const opens = kind === 'html' && PROGRAM_ELEMENT.test(place.element);
        return [opens ? { in: 'program', element: place.element } : { in: 'text' }, at + 1];
      }
      const [, name] = /([^\s"'>/=]+)\s*=\s*$/.exec(rest.slice(Math.max(0, at - 200), at)) ?? [];
      const { element } = place;
      return [{ in: 'attribute', element, name: name ?? '', quote: rest[at]!, begins: true }, at + 1];
    }
    case 'attribute': {
      const at = rest.indexOf(place.quote);
      if (at >= 0) return [{ in: 'tag', element: place.element }, at + 1];
      return [{ ...place, begins: place.begins && rest.trim() === '' }, rest.length];
    }
    case 'comment':
      return until('-->', { in: 'text' });
    case 'cdata':
      return until(']]>', { in: 'text' });
    case 'instruction':
      return until('>', { in: 'text' });
    case 'program': {
      const at = rest.search(new RegExp(`</${place.element}`, 'i'));
      return at < 0 ? [place, rest.length] : [{ in: 'text' }, at];
    }
  }
}
