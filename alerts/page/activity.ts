/** Verbs that steps are usually named with. Other first words are taken for names. */
const VERBS = new Set(
  (
    'accept add buy cancel change check close confirm create delete download edit fetch find get list load log ' +
    'make open order pay post publish put read refresh register remove renew reset revoke save search see send show ' +
    'sign start stop submit subscribe update upload use verify view visit write'
  ).split(' '),
);
const DOUBLED = new Set(['get', 'log', 'put', 'reset', 'stop', 'submit', 'cancel']);

/**
 * What a step does, as the subject of a sentence: `write` on `POST /v1/posts` becomes "writing a post",
 * `sign in` becomes "signing in", and "writing a post" is fine as it is; a name that is no verb stays a name: "the step home page".
 */
export function activity(step: string, route: string | null): string {
  const [first = '', ...rest] = step.trim().split(/\s+/);
  const verb = first.toLowerCase();
  if (/^[a-z]{2,}ing$/.test(verb)) return step.trim();
  if (!VERBS.has(verb)) return `the step ${step}`;
  const object = rest.length > 0 ? rest.join(' ') : objectOf(route, verb);
  return [gerund(verb), object].filter(Boolean).join(' ');
}

function gerund(verb: string): string {
  if (DOUBLED.has(verb)) return `${verb}${verb.at(-1)}ing`;
  if (verb.endsWith('e') && !verb.endsWith('ee')) return `${verb.slice(0, -1)}ing`;
  return `${verb}ing`;
}

/** `POST /v1/posts` is about a post. */
function objectOf(route: string | null, verb: string): string {
  const segment = (route?.split(' ')[1] ?? '')
    .split('?')[0]!
    .split('/')
    .filter((part) => /^[a-z][a-z-]*$/i.test(part) && !/^(v\d+|api|rest)$/i.test(part) && part.toLowerCase() !== verb)
    .at(-1);
  if (!segment) return '';
  const words = segment.replaceAll('-', ' ');
  if (verb === 'list' || verb === 'search') return words;
  const single = /ies$/.test(words) ? words.replace(/ies$/, 'y') : words.replace(/(?<=[^sui])s$/, '');
  return single === words ? `the ${words}` : `${/^[aeio]/i.test(single) ? 'an' : 'a'} ${single}`;
}
