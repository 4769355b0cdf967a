/**
 * Words within a text of JSON that a Mustache template makes: a brace is written as JSON can also write it, so that nothing
 * in them begins a tag, or takes the escape away from the one beside it. @see https://mustache.github.io/mustache.5.html
 */
export function mustacheWords(words: string): string {
  return JSON.stringify(words)
    .slice(1, -1)
    .replace(/[{}]/g, (brace) => `\\u00${brace.charCodeAt(0).toString(16)}`);
}
