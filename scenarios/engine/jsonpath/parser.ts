import { Scanner } from './scanner.ts';
import {
  type Call,
  type ComparisonOperator,
  FUNCTIONS,
  type FunctionName,
  type Operand,
  type Query,
  type Segment,
  type Selector,
  type Test,
} from './syntax.ts';

/** Deeper nesting of brackets is a mistake, and would exhaust the stack. */
const DEEPEST = 64;
const LONGEST = 10_000;

/** First letters are those of names, then digits too (RFC 9535 §2.5.1.1). */
const SHORT_NAME =
  /[A-Za-z_\u0080-\ud7ff\ue000-\uffff\u{10000}-\u{10ffff}][0-9A-Za-z_\u0080-\ud7ff\ue000-\uffff\u{10000}-\u{10ffff}]*/uy;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const OPERATOR = /==|!=|<=|>=|<|>/y;
const FUNCTION = /[a-z][a-z_0-9]*(?=\()/y;
const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;

/** Reads a query (RFC 9535 §2.1). Throws a SyntaxProblem, which says where and what was expected. */
export function parseQuery(text: string): Query {
  const scanner = new Scanner(text);
  if (text.length > LONGEST) scanner.fail(`it is longer than ${LONGEST.toLocaleString('en')} characters`, 0);
  if (!scanner.looksAt('$')) scanner.fail('it must begin with "$"');
  const query = new Parser(scanner).query();
  if (!scanner.atEnd) scanner.fail(`unexpected ${scanner.found()}`);
  return query;
}

class Parser {
  readonly #scanner: Scanner;
  #depth = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** From its `$` or `@` on. */
  query(): Query {
    const scanner = this.#scanner;
    const root = scanner.accept('$') ? '$' : '@';
    if (root === '@') scanner.expect('@', 'at the beginning of a query');
    const segments: Segment[] = [];
    let singular = true;
    for (;;) {
      const before = scanner.offset;
      scanner.skipBlank();
      const segment = this.#segment();
      if (!segment) {
        // The blanks belong to what comes after the query, where nothing may come after the whole of it.
        scanner.offset = before;
        return { root, segments, singular };
      }
      const [selector] = segment.selectors;
      singular &&= !segment.descendant && segment.selectors.length === 1 && isSingular(selector!);
      segments.push(segment);
    }
  }

  #segment(): Segment | undefined {
    const scanner = this.#scanner;
    if (scanner.accept('..')) {
      const selectors = scanner.looksAt('[') ? this.#bracketed() : [this.#shorthand('..')];
      return { descendant: true, selectors };
    }
    if (scanner.accept('.')) return { descendant: false, selectors: [this.#shorthand('.')] };
    return scanner.looksAt('[') ? { descendant: false, selectors: this.#bracketed() } : undefined;
  }

  #shorthand(after: string): Selector {
    const scanner = this.#scanner;
    if (scanner.accept('*')) return { kind: 'wildcard' };
    const name = scanner.take(SHORT_NAME);
    if (name !== undefined) return { kind: 'name', name };
    const brackets = /[-0-9]/.test(scanner.text[scanner.offset] ?? '') ? '; other names go into brackets: ["…"]' : '';
    return scanner.fail(`expected a name or * after "${after}", found ${scanner.found()}${brackets}`);
  }

  #bracketed(): Selector[] {
    const scanner = this.#scanner;
    scanner.expect('[', 'before selectors');
    const selectors: Selector[] = [];
    do {
      scanner.skipBlank();
      selectors.push(this.#selector());
      scanner.skipBlank();
    } while (scanner.accept(','));
    scanner.expect(']', 'after a selector');
    return selectors;
  }

  #selector(): Selector {
    const scanner = this.#scanner;
    const name = scanner.quoted();
    if (name !== undefined) return { kind: 'name', name };
    if (scanner.accept('*')) return { kind: 'wildcard' };
    if (scanner.accept('?')) {
      scanner.skipBlank();
      return { kind: 'filter', test: this.#nested(() => this.#or()) };
    }
    const index = scanner.integer();
    const afterIndex = scanner.offset;
    scanner.skipBlank();
    if (scanner.accept(':')) return this.#slice(index ?? null);
    scanner.offset = afterIndex;
    if (index !== undefined) return { kind: 'index', index };
    return scanner.fail(`expected a quoted name, an index, a slice, * or ?, found ${scanner.found()}`);
  }

  /** Behind the first colon. */
  #slice(start: number | null): Selector {
    const scanner = this.#scanner;
    const number = () => {
      scanner.skipBlank();
      const value = scanner.integer();
      scanner.skipBlank();
      return value ?? null;
    };
    const end = number();
    const step = scanner.accept(':') ? number() : null;
    return { kind: 'slice', start, end, step: step ?? 1 };
  }

  #or(): Test {
    return this.#chain('or', '||', () => this.#chain('and', '&&', () => this.#basic()));
  }

  #chain(kind: 'or' | 'and', operator: string, next: () => Test): Test {
    const scanner = this.#scanner;
    const tests = [next()];
    for (;;) {
      const before = scanner.offset;
      scanner.skipBlank();
      if (!scanner.accept(operator)) {
        scanner.offset = before;
        return tests.length === 1 ? tests[0]! : { kind, tests };
      }
      scanner.skipBlank();
      tests.push(next());
    }
  }

  #basic(): Test {
    const scanner = this.#scanner;
    const negated = scanner.accept('!');
    if (negated) scanner.skipBlank();
    if (scanner.accept('(')) {
      const test = this.#nested(() => {
        scanner.skipBlank();
        const inner = this.#or();
        scanner.skipBlank();
        scanner.expect(')', 'at the end of the parentheses');
        return inner;
      });
      return negated ? { kind: 'not', test } : test;
    }
    const start = scanner.offset;
    const left = this.#operand();
    const before = scanner.offset;
    scanner.skipBlank();
    const operatorAt = scanner.offset;
    const operator = scanner.take(OPERATOR) as ComparisonOperator | undefined;
    if (operator === undefined) {
      scanner.offset = before;
      const test = this.#test(left, start);
      return negated ? { kind: 'not', test } : test;
    }
    if (negated) scanner.fail('"!" stands before a comparison: put the comparison in parentheses', operatorAt);
    this.#mustHaveOneValue(left, start);
    scanner.skipBlank();
    const rightStart = scanner.offset;
    const right = this.#operand();
    this.#mustHaveOneValue(right, rightStart);
    return { kind: 'comparison', operator, left, right };
  }

  /** What stands alone in a filter asks whether something is there. */
  #test(operand: Operand, start: number): Test {
    if (operand.kind === 'query') return { kind: 'exists', query: operand.query };
    if (operand.kind === 'literal') this.#scanner.fail('a value alone is no test: compare it', start);
    else if (FUNCTIONS[operand.call.name].result === 'logical') return { kind: 'call', call: operand.call };
    else this.#scanner.fail(`${operand.call.name}() is a value and no test: compare it`, start);
  }

  #mustHaveOneValue(operand: Operand, start: number): void {
    if (operand.kind === 'query' && !operand.query.singular)
      this.#scanner.fail('a query that can select several nodes cannot be compared', start);
    if (operand.kind === 'call' && FUNCTIONS[operand.call.name].result === 'logical')
      this.#scanner.fail(`${operand.call.name}() is true or false already and cannot be compared`, start);
  }

  #operand(): Operand {
    const scanner = this.#scanner;
    if (scanner.looksAt('@') || scanner.looksAt('$')) return { kind: 'query', query: this.#nested(() => this.query()) };
    const text = scanner.quoted();
    if (text !== undefined) return { kind: 'literal', value: text };
    const number = scanner.take(NUMBER);
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
    const start = scanner.offset;
    const name = scanner.take(FUNCTION);
    if (name !== undefined) return { kind: 'call', call: this.#nested(() => this.#call(name, start)) };
    const word = scanner.take(WORD);
    if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
    if (word === 'null') return { kind: 'literal', value: null };
    scanner.offset = start;
    return scanner.fail(`expected @, $, a value or a function, found ${word ? `"${word}"` : scanner.found()}`);
  }

  /** From the opening parenthesis on. */
  #call(name: string, start: number): Call {
    const scanner = this.#scanner;
    if (!Object.hasOwn(FUNCTIONS, name))
      scanner.fail(`there is no function "${name}", known are ${Object.keys(FUNCTIONS).join(', ')}`, start);
    const { parameters } = FUNCTIONS[name as FunctionName];
    const operands: Call['operands'][number][] = [];
    scanner.expect('(', 'after the name of a function');
    scanner.skipBlank();
    for (const [index, parameter] of parameters.entries()) {
      if (index > 0) {
        scanner.skipBlank();
        scanner.expect(',', `between the ${parameters.length} arguments of ${name}()`);
        scanner.skipBlank();
      }
      operands.push(parameter === 'value' ? this.#oneValue() : this.#nodes(name));
    }
    scanner.skipBlank();
    scanner.expect(')', `after the ${parameters.length === 1 ? 'argument' : 'arguments'} of ${name}()`);
    return { name: name as FunctionName, operands };
  }

  #oneValue(): Operand {
    const start = this.#scanner.offset;
    const operand = this.#operand();
    this.#mustHaveOneValue(operand, start);
    return operand;
  }

  #nodes(name: string): { kind: 'nodes'; query: Query } {
    const scanner = this.#scanner;
    if (!scanner.looksAt('@') && !scanner.looksAt('$'))
      scanner.fail(`${name}() takes a query, which begins with @ or $, found ${scanner.found()}`);
    return { kind: 'nodes', query: this.#nested(() => this.query()) };
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) this.#scanner.fail('it is nested too deeply');
    const made = read();
    this.#depth--;
    return made;
  }
}

function isSingular(selector: Selector): boolean {
  return selector.kind === 'name' || selector.kind === 'index';
}
