/** A server that was asked for HTTP/2 and does not offer it. */
export class NoHttp2 extends Error {}
