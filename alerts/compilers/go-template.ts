/** Words in a Go template: nothing in them is an action. @see https://pkg.go.dev/text/template#hdr-Actions */
export function goWords(words: string): string {
  return words.replaceAll('{{', '{{ "{{" }}');
}
