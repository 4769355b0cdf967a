/** A pino logger seen from outside; its stream hangs on a symbol of the copy of pino that made it. */
type Logger = object;

interface LogStream {
  write(line: string): unknown;
}

/**
 * Sees every line that a pino logger and its children write, after the line went where the app sends it.
 * Works with any destination (stdout, file, transport, multistream) and any copy of pino. Returns a function that
 * undoes it; undefined where the logger is not pino's, such as the silent one of `logger: false`.
 */
export function watchLines(logger: Logger, seen: (line: string) => void): (() => void) | undefined {
  const found = findStream(logger);
  if (!found) return undefined;
  const { owner, symbol, stream } = found;
  // A proxy, because destinations keep state on `this`: everything but `write` must reach the very object.
  const watched = new Proxy(stream, {
    get(target, property) {
      if (property === 'write') return write;
      const value = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
  function write(line: string): unknown {
    const result = stream.write(line);
    seen(line);
    return result;
  }
  owner[symbol] = watched;
  return () => {
    if (owner[symbol] === watched) owner[symbol] = stream;
  };
}

function findStream(logger: Logger): { owner: Record<symbol, unknown>; symbol: symbol; stream: LogStream } | undefined {
  for (let owner: object | null = logger; owner !== null; owner = Object.getPrototypeOf(owner)) {
    for (const symbol of Object.getOwnPropertySymbols(owner)) {
      if (symbol.description !== 'pino.stream') continue;
      const holder = owner as Record<symbol, unknown>;
      const stream = holder[symbol] as LogStream | undefined;
      if (typeof stream?.write === 'function') return { owner: holder, symbol, stream };
    }
  }
  return undefined;
}
