/** One request of a Hurl file with what it expects, as written. */
export interface HurlEntry {
  readonly line: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly HurlPair[];
  readonly sections: Readonly<Record<string, readonly HurlPair[]>>;
  readonly body: HurlBody | null;
  /** Null when there is no response part. */
  readonly response: HurlResponse | null;
}

export interface HurlResponse {
  readonly version: string;
  /** `*` for any. */
  readonly status: string;
  readonly headers: readonly HurlPair[];
  readonly captures: readonly HurlPair[];
  readonly asserts: readonly { readonly line: number; readonly text: string }[];
  readonly body: HurlBody | null;
}

export interface HurlPair {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

export interface HurlBody {
  readonly kind: 'json' | 'xml' | 'text' | 'file' | 'base64' | 'hex' | 'graphql';
  readonly text: string;
  /** Of ```graphql: what stands behind `variables`. */
  readonly variables?: string;
}

export type HurlFile = { readonly entries: readonly HurlEntry[] } | { readonly line: number; readonly error: string };

const REQUEST = /^([A-Z][A-Z-]*)\s+(\S.*)$/;
const RESPONSE = /^HTTP(\/[0-9.]+)?(?:\s+(\d{3}|\*))?\s*$/;
const SECTION = /^\[([A-Za-z]+)\]\s*$/;

/** Reads Hurl's grammar (https://hurl.dev/docs/grammar.html) line by line. */
export function parseHurl(text: string): HurlFile {
  const lines = text.split(/\r?\n/).map(withoutComment);
  const entries: HurlEntry[] = [];
  let at = 0;
  const skipBlank = () => {
    while (at < lines.length && lines[at]!.trim() === '') at++;
  };
  for (;;) {
    skipBlank();
    if (at >= lines.length) return { entries };
    const first = REQUEST.exec(lines[at]!.trim());
    if (!first)
      return {
        line: at + 1,
        error: `a request begins with a method and a URL, found "${lines[at]!.trim().slice(0, 60)}"`,
      };
    const line = ++at;
    const request = readPart();
    if ('error' in request) return request;
    let response: HurlResponse | null = null;
    skipBlank();
    const head = at < lines.length ? RESPONSE.exec(lines[at]!.trim()) : null;
    if (head) {
      at++;
      const part = readPart();
      if ('error' in part) return part;
      const { Captures: captures = [], Asserts: asserts = [] } = part.sections;
      response = {
        version: head[1]?.slice(1) ?? '',
        status: head[2] ?? '*',
        headers: part.headers,
        captures,
        asserts: asserts.map(({ line: number, key }) => ({ line: number, text: key })),
        body: part.body,
      };
    }
    entries.push({
      line,
      method: first[1]!,
      url: first[2]!.trim(),
      headers: request.headers,
      sections: request.sections,
      body: request.body,
      response,
    });
  }

  /** Headers, sections and a body, up to the next request or response. */
  function readPart():
    | { headers: HurlPair[]; sections: Record<string, HurlPair[]>; body: HurlBody | null }
    | { line: number; error: string } {
    const headers: HurlPair[] = [];
    const sections: Record<string, HurlPair[]> = {};
    let section: string | null = null;
    for (;;) {
      skipBlank();
      if (at >= lines.length) return { headers, sections, body: null };
      const written = lines[at]!.trim();
      if (RESPONSE.test(written) || REQUEST.test(written)) return { headers, sections, body: null };
      const heading = SECTION.exec(written);
      if (heading) {
        section = CANONICAL[heading[1]!] ?? heading[1]!;
        sections[section] ??= [];
        at++;
        continue;
      }
      if (section === 'Asserts' && !beginsBody(written)) {
        sections.Asserts!.push({ line: at + 1, key: joinedText(), value: '' });
        continue;
      }
      const pair = /^((?:[^:\\{"]|\\.|\{\{.*?\}\}|"(?:[^"\\]|\\.)*")+?)\s*:(?!\/\/)\s*(.*)$/.exec(written);
      if (pair && !beginsBody(written)) {
        (section === null ? headers : sections[section]!).push({
          line: at + 1,
          key: unescaped(pair[1]!.trim()),
          value: joinedText().replace(/^((?:[^:\\{"]|\\.|\{\{.*?\}\}|"(?:[^"\\]|\\.)*")+?)\s*:\s*/, ''),
        });
        continue;
      }
      const body = readBody();
      if (!body) return { line: at + 1, error: `neither header nor section nor body: "${written.slice(0, 60)}"` };
      return { headers, sections, body };
    }
  }

  /** The line, with what follows when a text in ``` goes on. */
  function joinedText(): string {
    let joined = lines[at++]!.trim();
    while ((joined.split('```').length - 1) % 2 === 1 && at < lines.length) joined += `\n${lines[at++]}`;
    return joined;
  }

  function readBody(): HurlBody | null {
    const written = lines[at]!.trim();
    const inline = /^(file|base64|hex),(.*);\s*$/s.exec(written);
    if (inline) {
      at++;
      return { kind: inline[1] as 'file', text: inline[2]!.trim() };
    }
    if (written.startsWith('```')) {
      const whole = joinedText();
      const language = /^```([a-z,-]*)/.exec(whole)![1]!.split(',')[0]!;
      const content = whole.replace(/^```[a-z,-]*[ \t]*\n?/, '').replace(/```$/, '');
      if (language === 'graphql') {
        const [, query = content, variables] = /^(.*?)\nvariables\s+(\{.*\})\s*$/s.exec(content) ?? [];
        return { kind: 'graphql', text: query, ...(variables ? { variables } : {}) };
      }
      return { kind: language === 'json' || language === 'xml' ? language : 'text', text: content };
    }
    const oneline = /^`(.*)`$/.exec(written);
    if (oneline) {
      at++;
      return { kind: 'text', text: oneline[1]! };
    }
    if (!beginsBody(written)) return null;
    const kind = written.startsWith('<') ? 'xml' : 'json';
    const collected: string[] = [];
    while (at < lines.length) {
      const next = lines[at]!;
      if (
        collected.length > 0 &&
        (RESPONSE.test(next.trim()) || REQUEST.test(next.trim())) &&
        (kind === 'xml' || isBalanced(collected.join('\n')))
      )
        break;
      collected.push(next);
      at++;
      if (kind === 'json' && isBalanced(collected.join('\n'))) break;
    }
    return { kind, text: collected.join('\n').trim() };
  }
}

/** Sections have had other names (https://hurl.dev/docs/request.html). */
const CANONICAL: Record<string, string> = {
  QueryStringParams: 'Query',
  FormParams: 'Form',
  MultipartFormData: 'Multipart',
};

function beginsBody(written: string): boolean {
  return (
    /^([{<"`]|\[(?![A-Za-z]+\]\s*$)|(file|base64|hex),|(-?\d+(\.\d+)?|true|false|null)$)/.test(written) &&
    !/^\{\{[^}]*\}\}\s*:/.test(written) &&
    !/^"(?:[^"\\]|\\.)*"\s*:/.test(written)
  );
}

/** Whether every bracket outside of texts is closed. */
function isBalanced(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index++) {
    const letter = text[index];
    if (inText) {
      if (letter === '\\') index++;
      else if (letter === '"') inText = false;
    } else if (letter === '"') inText = true;
    else if (letter === '{' || letter === '[') depth++;
    else if (letter === '}' || letter === ']') depth--;
  }
  return depth <= 0 && !inText;
}

/** A comment begins with # at the start or behind a space, outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let index = 0; index < line.length; index++) {
    const letter = line[index]!;
    if (quote) {
      if (letter === '\\') index++;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === '`') quote = letter;
    else if (letter === '#' && (index === 0 || /\s/.test(line[index - 1]!))) return line.slice(0, index);
    else if (letter === '\\') index++;
  }
  return line;
}

function unescaped(text: string): string {
  return text.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1');
}
