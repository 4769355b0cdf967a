import crypto from 'k6/crypto';

/** Signs requests with AWS Signature Version 4. */
export function aws({ service, region, access_key_id, secret_access_key, session_token = '' }) {
  // S3 takes paths as they are, and wants to know the digest of the body.
  const isS3 = service.startsWith('s3');
  return {
    sign({ method, url, body, params: { headers } }) {
      const [, host = '', path = '', query = ''] = /^[^/]*\/\/([^/?]*)([^?]*)\??(.*)$/s.exec(url) ?? [];
      const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
      const bodyDigest = crypto.sha256(body ?? '', 'hex');
      headers['x-amz-date'] = date;
      if (session_token) headers['x-amz-security-token'] = session_token;
      if (isS3) headers['x-amz-content-sha256'] = bodyDigest;
      const covered = Object.entries({ ...headers, host })
        .filter(([name]) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
        .sort(([one], [other]) => (one < other ? -1 : 1));
      const names = covered.map(([name]) => name).join(';');
      const canonical = [
        method,
        isS3
          ? path || '/'
          : `/${path.split('/').filter(Boolean).map(escaped).join('/')}${/.\/$/.test(path) ? '/' : ''}`,
        canonicalQuery(query),
        ...covered.map(([name, value]) => `${name}:${String(value).trim().replace(/\s+/g, ' ')}`),
        '',
        names,
        bodyDigest,
      ].join('\n');
      const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
      const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${crypto.sha256(canonical, 'hex')}`;
      let key = /** @type {any} */ (`AWS4${secret_access_key}`);
      for (const part of scope.split('/')) key = crypto.hmac('sha256', key, part, 'binary');
      const signature = crypto.hmac('sha256', key, text, 'hex');
      headers.authorization = `AWS4-HMAC-SHA256 Credential=${access_key_id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    },
    again: () => false,
  };
}

function canonicalQuery(query) {
  return query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name, ...value] = pair.replace(/\+/g, ' ').split('=');
      return [name, value.join('=')].map((part) =>
        escaped(/%(?![0-9a-f]{2})/i.test(part) ? part : decodeURIComponent(part)),
      );
    })
    .sort(([a, b], [c, d]) => (a < c || (a === c && b < d) ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
}

function escaped(part) {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
