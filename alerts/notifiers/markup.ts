const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Besides half characters, all that XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets */
const NOT_IN_XML =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** What steers a terminal or turns writing around says nothing in a page. */
const UNSEEN = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text for XML, between tags or in a quoted attribute. What XML cannot hold becomes a space. */
export function escapeXml(text: string): string {
  return text.replace(NOT_IN_XML, ' ').replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

/** Text for HTML, between tags or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return escapeXml(text).replace(UNSEEN, ' ');
}
