/**
 * As much of the query language of Logs Insights as the reader writes: filter, fields, stats … by, sort, limit. A stand-in,
 * written from AWS's documentation of the language, not a copy of the service.
 */
type Value = string | number | undefined;
type Row = Record<string, Value>;
type Expression = (row: Row) => Value;

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\d+(?:\.\d+)?)|([A-Za-z_@][\w.@]*)|(>=|<=|!=|[=<>(),[\]/*]))/y;

interface Token {
  kind: 'text' | 'field' | 'number' | 'word' | 'sign';
  value: string;
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new Error(`cannot read the query at ${source.slice(at, at + 20)}`);
    const [, text, field, number, word, sign] = match;
    if (text !== undefined) found.push({ kind: 'text', value: text.replace(/\\(.)/g, '$1') });
    else if (field !== undefined) found.push({ kind: 'field', value: field });
    else if (number !== undefined) found.push({ kind: 'number', value: number });
    else if (word !== undefined) found.push({ kind: 'word', value: word });
    else found.push({ kind: 'sign', value: sign! });
  }
  return found;
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = tokens(source);
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  takes(value: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === 'text' || token.kind === 'field' || token.value.toLowerCase() !== value) return false;
    this.#at++;
    return true;
  }

  need(value: string): void {
    if (!this.takes(value)) throw new Error(`expected ${value} in the query`);
  }

  next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw new Error('the query ends too early');
    return token;
  }

  condition(): Expression {
    let left = this.#conjunction();
    while (this.takes('or')) {
      const [before, right] = [left, this.#conjunction()];
      left = (row) => (before(row) || right(row) ? 1 : 0);
    }
    return left;
  }

  #conjunction(): Expression {
    let left = this.#negation();
    while (this.takes('and')) {
      const [before, right] = [left, this.#negation()];
      left = (row) => (before(row) && right(row) ? 1 : 0);
    }
    return left;
  }

  #negation(): Expression {
    if (!this.takes('not')) return this.#comparison();
    const inner = this.#negation();
    return (row) => (inner(row) ? 0 : 1);
  }

  #comparison(): Expression {
    const left = this.quotient();
    if (this.takes('in')) {
      const list = this.#list();
      return (row) => (list.some((item) => same(item(row), left(row))) ? 1 : 0);
    }
    for (const sign of ['>=', '<=', '=', '<', '>']) {
      if (!this.takes(sign)) continue;
      const right = this.quotient();
      return (row) => (compare(sign, left(row), right(row)) ? 1 : 0);
    }
    return left;
  }

  #list(): Expression[] {
    const items: Expression[] = [];
    this.need('[');
    while (!this.takes(']')) {
      items.push(this.quotient());
      this.takes(',');
    }
    return items;
  }

  quotient(): Expression {
    const left = this.#operand();
    if (!this.takes('/')) return left;
    const right = this.#operand();
    return (row) => Number(left(row)) / Number(right(row));
  }

  #operand(): Expression {
    if (this.takes('(')) {
      const inner = this.condition();
      this.need(')');
      return inner;
    }
    const token = this.next();
    if (token.kind === 'text') return () => token.value;
    if (token.kind === 'number') return () => Number(token.value);
    if (token.kind === 'word' && this.takes('(')) return this.#call(token.value);
    return (row) => row[token.value];
  }

  #call(name: string): Expression {
    const of: Expression[] = [];
    while (!this.takes(')')) {
      of.push(this.quotient());
      this.takes(',');
    }
    switch (name.toLowerCase()) {
      case 'ispresent':
        return (row) => (of[0]!(row) === undefined ? 0 : 1);
      case 'tolower':
        return (row) => of[0]!(row)?.toString().toLowerCase();
      case 'strcontains':
        return (row) =>
          of[0]!(row)
            ?.toString()
            .includes(String(of[1]!(row)))
            ? 1
            : 0;
      case 'floor':
        return (row) => Math.floor(Number(of[0]!(row)));
      default:
        throw new Error(`unknown function ${name}`);
    }
  }
}

function same(a: Value, b: Value): boolean {
  return a !== undefined && b !== undefined && String(a) === String(b);
}

function compare(sign: string, a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return false;
  if (sign === '=') return same(a, b);
  const [left, right] = typeof a === 'number' ? [a, Number(b)] : [a, String(b)];
  switch (sign) {
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
    case '<':
      return left < right;
    default:
      return left > right;
  }
}

type Aggregate = (rows: readonly Row[]) => Value;

function aggregate(parser: Parser): Aggregate {
  const name = parser.next().value.toLowerCase();
  parser.need('(');
  const of = parser.takes('*') ? () => 1 : parser.quotient();
  const parameter = parser.takes(',') ? Number(parser.next().value) : 0;
  parser.need(')');
  const valuesOf = (rows: readonly Row[]) => rows.map(of).filter((value) => value !== undefined);
  const numbersOf = (rows: readonly Row[]) => valuesOf(rows).map(Number);
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
  switch (name) {
    case 'count':
      return (rows) => valuesOf(rows).length;
    case 'count_distinct':
      return (rows) => new Set(valuesOf(rows)).size;
    case 'sum':
      return (rows) => sum(numbersOf(rows));
    case 'avg':
      return (rows) => sum(numbersOf(rows)) / numbersOf(rows).length;
    case 'min':
      return (rows) => numbersOf(rows).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    case 'pct':
      return (rows) => {
        const sorted = numbersOf(rows).sort((a, b) => a - b);
        return sorted[Math.max(0, Math.ceil((parameter / 100) * sorted.length) - 1)];
      };
    default:
      throw new Error(`unknown function ${name}`);
  }
}

/** @throws Error where the query is not one that the reader would write */
export function runQuery(query: string, events: readonly Row[]): Record<string, string>[] {
  let rows = [...events];
  for (const command of splitCommands(query)) {
    const [word, rest] = [command.slice(0, command.indexOf(' ')), command.slice(command.indexOf(' ') + 1)];
    const parser = new Parser(rest);
    switch (word) {
      case 'fields':
        break;
      case 'filter': {
        const condition = parser.condition();
        rows = rows.filter(condition);
        break;
      }
      case 'stats':
        rows = stats(parser, rows);
        break;
      case 'sort':
        rows = sort(parser, rows);
        break;
      case 'limit':
        rows = rows.slice(0, Number(parser.next().value));
        break;
      default:
        throw new Error(`unknown command ${word}`);
    }
    if (!parser.done && word !== 'fields') throw new Error(`the query goes on after ${command}`);
  }
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
    ),
  );
}

function splitCommands(query: string): string[] {
  return (query.match(/(?:"(?:[^"\\]|\\.)*"|[^|])+/g) ?? []).map((part) => part.trim());
}

function stats(parser: Parser, rows: readonly Row[]): Row[] {
  const figures: { name: string; of: Aggregate }[] = [];
  do {
    const of = aggregate(parser);
    parser.need('as');
    figures.push({ name: parser.next().value, of });
  } while (parser.takes(','));
  const keys: { name: string; of: Expression }[] = [];
  if (parser.takes('by')) {
    do {
      const [of, name] = key(parser);
      keys.push({ name, of });
    } while (parser.takes(','));
  }
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = JSON.stringify(keys.map(({ of }) => of(row) ?? null));
    groups.set(id, [...(groups.get(id) ?? []), row]);
  }
  return [...groups.values()].map((members) =>
    Object.fromEntries([
      ...keys.map(({ name, of }) => [name, of(members[0]!)]),
      ...figures.map(({ name, of }) => [name, of(members)]),
    ]),
  );
}

let unnamed = 0;

function key(parser: Parser): [Expression, string] {
  const seen: string[] = [];
  const spy = new Proxy({}, { get: (_target, name) => void seen.push(String(name)) });
  const of = parser.quotient();
  of(spy);
  return [of, parser.takes('as') ? parser.next().value : (seen[0] ?? `key${unnamed++}`)];
}

function sort(parser: Parser, rows: readonly Row[]): Row[] {
  const keys: { of: Expression; sign: number }[] = [];
  do {
    const of = parser.quotient();
    keys.push({ of, sign: parser.takes('desc') ? -1 : 1 });
    parser.takes('asc');
  } while (parser.takes(','));
  return [...rows].sort((a, b) => {
    for (const { of, sign } of keys) {
      const [left, right] = [of(a), of(b)];
      if (left !== right) return (left === undefined || (right !== undefined && left < right) ? -1 : 1) * sign;
    }
    return 0;
  });
}
