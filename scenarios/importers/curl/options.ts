/** What a curl command asks for. Texts may hold EXPANDED names of shell variables. */
export interface CurlCommand {
  urls: string[];
  method?: string;
  headers: [name: string, value: string][];
  data: CurlData[];
  forms: string[];
  /** --json: sets two headers (curl 7.82). */
  json: boolean;
  get: boolean;
  head: boolean;
  upload?: string;
  user?: string;
  userKind: 'basic' | 'digest';
  bearer?: string;
  cookies: string[];
  follow: boolean;
  maxRedirects: number;
  compressed: boolean;
  connection: Record<string, unknown>;
  timeout?: string;
  retries?: string;
  retryDelay?: string;
  failOnStatus: boolean;
  aws?: string;
  /** Flags that a scenario has nothing for, as written. */
  unknown: string[];
}

export interface CurlData {
  readonly kind: 'plain' | 'binary' | 'raw' | 'urlencode';
  readonly text: string;
}

type Apply = (command: CurlCommand, value: string) => void;

const data =
  (kind: CurlData['kind']): Apply =>
  (command, text) => {
    command.data.push({ kind, text });
  };
const connect =
  (key: string, change: (value: string) => unknown = (value) => value): Apply =>
  (command, value) => {
    command.connection[key] = change(value);
  };
const clientCertificate =
  (key: string): Apply =>
  (command, value) => {
    command.connection.client_certificate = { ...(command.connection.client_certificate as object), [key]: value };
  };
const header =
  (name: string): Apply =>
  (command, value) => {
    command.headers.push([name, value]);
  };
const nothing: Apply = () => {};

/** Flags with a value. */
const WITH_VALUE: Record<string, Apply> = {
  '--request': (command, value) => {
    command.method = value;
  },
  '--url': (command, value) => {
    command.urls.push(value);
  },
  '--header': (command, value) => {
    const colon = value.search(/[:;]/);
    // `Name:` without a value takes a header out, `Name;` sends an empty one.
    if (colon < 0 || (value[colon] === ':' && value.slice(colon + 1).trim() === '')) return;
    command.headers.push([value.slice(0, colon).trim(), value.slice(colon + 1).trim()]);
  },
  '--data': data('plain'),
  '--data-ascii': data('plain'),
  '--data-binary': data('binary'),
  '--data-raw': data('raw'),
  '--data-urlencode': data('urlencode'),
  '--json': (command, text) => {
    command.json = true;
    command.data.push({ kind: 'binary', text });
  },
  '--form': (command, value) => {
    command.forms.push(value);
  },
  '--form-string': (command, value) => {
    command.forms.push(value.replace(/=(?=[@<])/, '=\\'));
  },
  '--upload-file': (command, value) => {
    command.upload = value;
  },
  '--user': (command, value) => {
    command.user = value;
  },
  '--oauth2-bearer': (command, value) => {
    command.bearer = value;
  },
  '--aws-sigv4': (command, value) => {
    command.aws = value;
  },
  '--cookie': (command, value) => {
    command.cookies.push(value);
  },
  '--user-agent': header('User-Agent'),
  '--referer': header('Referer'),
  '--range': (command, value) => {
    command.headers.push(['Range', `bytes=${value}`]);
  },
  '--max-redirs': (command, value) => {
    command.maxRedirects = Number(value) < 0 ? 20 : Number(value);
  },
  '--proxy': connect('proxy', (value) => (/^[a-z0-9]+:\/\//i.test(value) ? value : `http://${value}`)),
  '--cacert': connect('ca'),
  '--cert': (command, value) => {
    const colon = value.lastIndexOf(':');
    const split = colon > 1;
    clientCertificate('cert')(command, split ? value.slice(0, colon) : value);
    if (split) clientCertificate('passphrase')(command, value.slice(colon + 1));
  },
  '--key': clientCertificate('key'),
  '--pass': clientCertificate('passphrase'),
  '--resolve': connect('resolve', (value) =>
    value
      .replace(/^[+-]?[^:]*:\d+:/, '')
      .split(',')[0]!
      .replace(/^\[|\]$/g, ''),
  ),
  '--connect-to': (command, value) => {
    const host = /^[^:]*:\d*:(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(value)?.[1]?.replace(/^\[|\]$/g, '') ?? '';
    if (/^[\d.]+$|:/.test(host)) command.connection.resolve = host;
    else command.unknown.push(`--connect-to ${value}`);
  },
  '--max-time': (command, value) => {
    command.timeout = value;
  },
  '--connect-timeout': (command, value) => {
    command.timeout ??= value;
  },
  '--retry': (command, value) => {
    command.retries = value;
  },
  '--retry-delay': (command, value) => {
    command.retryDelay = value;
  },
};

/** Flags without a value. */
const PLAIN: Record<string, Apply> = {
  '--get': (command) => {
    command.get = true;
  },
  '--head': (command) => {
    command.head = true;
  },
  '--location': (command) => {
    command.follow = true;
  },
  '--location-trusted': (command) => {
    command.follow = true;
  },
  '--insecure': (command) => {
    command.connection.verify = false;
  },
  '--compressed': (command) => {
    command.compressed = true;
  },
  '--http1.1': (command) => {
    command.connection.http = '1.1';
  },
  '--http2': (command) => {
    command.connection.http = '2';
  },
  '--http2-prior-knowledge': (command) => {
    command.connection.http = '2';
  },
  '--ipv4': (command) => {
    command.connection.ip = 4;
  },
  '--ipv6': (command) => {
    command.connection.ip = 6;
  },
  '--digest': (command) => {
    command.userKind = 'digest';
  },
  '--basic': nothing,
  '--fail': (command) => {
    command.failOnStatus = true;
  },
};

/** Flags about what is printed and where to: a scenario keeps the whole exchange. */
const OUTPUT_WITH_VALUE = [
  '--output',
  '--write-out',
  '--dump-header',
  '--cookie-jar',
  '--trace',
  '--trace-ascii',
  '--stderr',
  '--output-dir',
];
const OUTPUT_PLAIN = [
  '--silent',
  '--show-error',
  '--verbose',
  '--include',
  '--no-progress-meter',
  '--progress-bar',
  '--remote-name',
  '--no-buffer',
  '--globoff',
  '--path-as-is',
  '--fail-with-body',
  '--styled-output',
  '--trace-time',
  '--show-headers',
  '--no-keepalive',
  '--tcp-nodelay',
  '--retry-connrefused',
  '--retry-all-errors',
];
/** Known flags with a value that a scenario has nothing for: their value must not be taken for a URL. */
const REFUSED_WITH_VALUE = [
  '--interface',
  '--limit-rate',
  '--config',
  '--netrc-file',
  '--unix-socket',
  '--abstract-unix-socket',
  '--socks5',
  '--socks5-hostname',
  '--socks4',
  '--preproxy',
  '--proxy-user',
  '--proxy-header',
  '--noproxy',
  '--dns-servers',
  '--doh-url',
  '--ciphers',
  '--tls-max',
  '--tls13-ciphers',
  '--capath',
  '--cert-type',
  '--key-type',
  '--engine',
  '--max-filesize',
  '--retry-max-time',
  '--speed-limit',
  '--speed-time',
  '--keepalive-time',
  '--local-port',
  '--continue-at',
  '--time-cond',
  '--variable',
  '--expand-url',
  '--pinnedpubkey',
  '--ech',
  '--curves',
  '--crlfile',
];

const SHORT: Record<string, string> = {
  X: '--request',
  H: '--header',
  d: '--data',
  F: '--form',
  T: '--upload-file',
  u: '--user',
  b: '--cookie',
  A: '--user-agent',
  e: '--referer',
  r: '--range',
  x: '--proxy',
  E: '--cert',
  m: '--max-time',
  G: '--get',
  I: '--head',
  L: '--location',
  k: '--insecure',
  '4': '--ipv4',
  '6': '--ipv6',
  f: '--fail',
  o: '--output',
  w: '--write-out',
  D: '--dump-header',
  c: '--cookie-jar',
  s: '--silent',
  S: '--show-error',
  v: '--verbose',
  i: '--include',
  O: '--remote-name',
  N: '--no-buffer',
  g: '--globoff',
  '#': '--progress-bar',
  U: '--proxy-user',
  K: '--config',
  y: '--speed-time',
  Y: '--speed-limit',
  z: '--time-cond',
  C: '--continue-at',
};

/** @param words of the command, the name of the program left out */
export function readOptions(words: readonly string[]): CurlCommand {
  const command: CurlCommand = {
    urls: [],
    headers: [],
    data: [],
    forms: [],
    json: false,
    get: false,
    head: false,
    userKind: 'basic',
    cookies: [],
    follow: false,
    maxRedirects: 20,
    compressed: false,
    connection: {},
    failOnStatus: false,
    unknown: [],
  };
  const rest = [...words];
  let flags = true;
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (!flags || !word.startsWith('-') || word === '-') command.urls.push(word);
    else if (word === '--') flags = false;
    else if (word.startsWith('--')) longFlag(word, rest, command);
    else shortFlags(word, rest, command);
  }
  return command;
}

function longFlag(word: string, rest: string[], command: CurlCommand): void {
  const takes = Object.hasOwn(WITH_VALUE, word);
  if (takes) WITH_VALUE[word]!(command, rest.shift() ?? '');
  else if (Object.hasOwn(PLAIN, word)) PLAIN[word]!(command, '');
  else if (OUTPUT_WITH_VALUE.includes(word)) rest.shift();
  else if (REFUSED_WITH_VALUE.includes(word)) command.unknown.push(`${word} ${rest.shift() ?? ''}`);
  else if (!OUTPUT_PLAIN.includes(word)) command.unknown.push(word);
}

/** `-sSL`, `-XPOST`, `-H 'a: b'`. */
function shortFlags(word: string, rest: string[], command: CurlCommand): void {
  for (let index = 1; index < word.length; index++) {
    const long = SHORT[word[index]!];
    if (long === undefined) {
      command.unknown.push(`-${word[index]}`);
      continue;
    }
    if ([...Object.keys(WITH_VALUE), ...OUTPUT_WITH_VALUE, ...REFUSED_WITH_VALUE].includes(long)) {
      const value = word.slice(index + 1);
      longFlag(long, value === '' ? rest : [value], command);
      return;
    }
    longFlag(long, rest, command);
  }
}
