/** Words that a function cannot be called (ECMAScript §12.7.2), and what a script of k6 has already. */
const TAKEN = [
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false',
  'finally for function if implements import in instanceof interface let new null package private protected public return',
  'static super switch this throw true try typeof undefined var void while with yield',
  'check crypto encoding exec group grpc http randomSeed sleep ws Counter Rate SharedArray Trend options answer request secrets rows files open console services services2 services3 services4',
  'Array Date Error Infinity JSON Map Math NaN Number Object Set String Symbol globalThis handleSummary setup teardown',
].flatMap((words) => words.split(' '));

/** Gives every step a function's name that reads like the step's own, each once. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...TAKEN, ...taken]);
  }

  of(text: string): string {
    const words = text.match(/[\p{ID_Start}\p{Nd}]+/gu) ?? [];
    const joined = words
      .map((word, index) => (index === 0 ? word.toLowerCase() : word.slice(0, 1).toUpperCase() + word.slice(1)))
      .join('');
    const base = /^\p{ID_Start}/u.test(joined) ? joined : `step${joined}`;
    let name = base;
    for (let number = 2; this.#taken.has(name); number++) name = `${base}${number}`;
    this.#taken.add(name);
    return name;
  }
}
