/** Variables and captures of this iteration, by name. */
export const values = new Map();

/** The parameters of the include that the step stands in; they hide values of the same names. */
export const scope = { current: /** @type {any} */ (null), entered: new Map() };

/** Steps into an include: its parameters are evaluated for the first of its steps, in the scope around it. */
export function enter(parameters) {
  scope.current = null;
  if (parameters === null) return;
  enter(parameters.outer);
  if (!scope.entered.has(parameters)) {
    scope.entered.set(parameters, { outer: scope.current, values: parameters.values() });
  }
  scope.current = scope.entered.get(parameters);
}

/** A template has no value: `undefinedName` when nothing has made the name yet. */
export class TemplateError extends Error {
  constructor(message, undefinedName = false) {
    super(message);
    this.undefinedName = undefinedName;
  }
}

export function set(name, value) {
  values.set(name, value);
}

/** The value of a name, and of a field inside it. */
export function use(name, ...path) {
  let given = scope.current;
  while (given && !Object.hasOwn(given.values, name)) given = given.outer;
  let value = given ? given.values[name] : values.get(name);
  let there = given !== null || values.has(name);
  let walked = name;
  for (const field of path) {
    there = there && typeof value === 'object' && value !== null && Object.hasOwn(value, field);
    value = there ? value[field] : undefined;
    walked += `.${field}`;
  }
  if (!there) throw new TemplateError(`{{ ${walked} }} is not defined`, true);
  return value;
}

/** The value, or the other one where the name is not defined or null. */
export function orElse(value, other) {
  try {
    return value() ?? other();
  } catch (error) {
    if (error instanceof TemplateError && error.undefinedName) return other();
    throw error;
  }
}

/** How a value reads inside a text: lists and mappings as JSON. */
export function asText(value) {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) throw new TemplateError('null cannot be part of a text');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function asNumber(value) {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new TemplateError(`${JSON.stringify(value)} is not a number`);
}

/** Fills a text in; `makeSafe` makes each value safe for its place. */
function fill(texts, found, makeSafe) {
  let filled = texts[0];
  found.forEach((value, index) => {
    filled += makeSafe(asText(value), filled) + texts[index + 1];
  });
  return filled;
}

export function text(texts, ...found) {
  return fill(texts, found, (value) => value);
}

/** Inside a JSON text. */
export function jsonText(texts, ...found) {
  return fill(texts, found, (value) => JSON.stringify(value).slice(1, -1));
}

/** Inside XML or HTML. */
export function xmlText(texts, ...found) {
  return fill(texts, found, (value) => value.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`));
}

/** A header's value; a line break would begin a header of the value's own making. */
export function headerText(texts, ...found) {
  return fill(texts, found, (value) => {
    if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value))
      throw new TemplateError('a value contains a character that a header cannot carry');
    if (/[\u0080-\u00ff]/.test(value))
      throw new TemplateError('a value contains a letter beyond ASCII, which k6 cannot put into a header');
    return value;
  });
}

/** A path or URL: values are percent-encoded, and cannot change the path. What begins a URL stays as it is. */
export function url(texts, ...found) {
  return fill(texts, found, (value, before) => {
    if (before === '') return value;
    if (/[\ud800-\udfff]/u.test(value)) throw new TemplateError('a value is not valid Unicode');
    if (!before.includes('?') && /^\.{0,2}$/.test(value))
      throw new TemplateError(`${JSON.stringify(value)} would change the path`);
    return encodeURIComponent(value);
  });
}

/** Pairs as application/x-www-form-urlencoded; a list repeats its name. */
export function formText(fields) {
  const encode = (part) =>
    encodeURIComponent(wellFormed(part))
      .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/%20/g, '+');
  return fields
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one]))
    .map(([name, value]) => {
      const plain = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
      return `${encode(name)}=${encode(plain)}`;
    })
    .join('&');
}

/** Halves of characters, which no encoding knows, become U+FFFD. */
export function wellFormed(value) {
  return value.replace(/[\ud800-\udfff]/gu, '\ufffd');
}

/** As JSON; nothing is null. */
export function asJson(value) {
  return JSON.stringify(value ?? null);
}
