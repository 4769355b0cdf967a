/** Words in a Go template: nothing in them is an action. @see https://pkg.go.dev/text/template#hdr-Actions */
export function goWords(words: string): string {
  // One at the end would become two with those of a template that follows.
  return words.replace(/\{{2,}|\{$/g, (braces) => `{{ "${braces}" }}`);
}
