import { createSign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InboundRequest } from '../inbound.ts';
import { requestOf } from './desk.ts';

/** A self-signed certificate, for tests alone: nothing trusts it, and nothing else uses its key. */
const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDM8ViV8WjbV78P
1EO2e+2SFMNS3KmU3uEPxaO0oHje3RXXrvTU7h7+c5rUsjOZqUq6uHc8JGFNWOjn
jxHMfquA1nT5rguNQ7+CUlrYrfGzqFOIC3DZJEYwx/RMQWVFHNpFLJNqnPXx2X97
X5159f+Y7oddgek2nsz0fTIG6rC+kgbNAKT6E2cHl7S3dV+Tr4XvisHsCDLKkJCo
fRzVolZ77JnbW0O/VSgTmqQVhHdLhXC6RWvTcZwKRjn0YMEbBEBYJVoR7+UmJWNy
1zQYANejhGlgSkqUj2MY/IsHxA4et7UzUH7zZ6+0Np4r5nfeP54fi1s+s9kmjzRT
tLcqZUxLAgMBAAECggEABDhBibAGmuJfCO8AiFGO6uYW8eE6c9oO9w/4g4ljIIho
bbnb4qwW4uHzrmBCioefOUiZDYApdlOkhms+UGAyg2maNckTbDb/F3c/CNBNqYeH
iMXFIhA9vb1jcCDpYLEfMWahXNDOI5esQn8Nszgq3IKn/0RKGzMz2lWr+2zgcyjT
5WsgAnMlavbFeNEJPzPkws6E0YGkTRfeRJY/o8GpEs5KAIGWV1McqYc55EdNXUgP
hr8tk2UI0enqHXPfzBUb2CCNsLcn6kGhMqzg23OEnErztudhql3aAobrGFpTt6j/
vzba8lhnzc/oYj2ScKU/FAN/U3WyYTuK4yNs1qVKuQKBgQD4ks+NjWxmxc54FRu9
WeXkz0IvlidrqIasuu8gJSmQP7N/SPg9yz9IhlYb+/reQNn+QMe6zz5AnVUS1HwH
GCl8FYEydgQAGRprvv9NIgDJ489hpEoYNq3ZwXMZCsiOQ6eDSnoBKeHOPqc7jGH9
uuoR7Z4XEz54wTnrjlCmtDYxFwKBgQDTENSBerMXiHAGy6/xBonHUMJc+602UVI3
d66mmJ/s9lbs47z6BKgIB3b0LczTBXeAgxIZtKurwqEWjMDceK9MUPvpv857uCzg
zZeQY4u1mw/AAwyl1iMuljtkiv+CDw+McEFYfURc9av0+m/SKXbp8LUywxyLgyIJ
7CWnHnk27QKBgQCyniRArlAn5ZoA1gIx5Uh6S6hes4IuLVJhCo7MRYgBXJTqMRAY
r1URE18LCt1xGZ7LwdcD2On92lCIkGFzY5xjyrwk+4LSYzeGFyAzV+zDJk0d98U6
cwgoAodnhkUpXVog0MKs1WCqKIFZG/5KKicKrPm90RlCAm9RYdl4gOS0DwKBgC5M
etEMQUzgOPLEq4uLi52VMY2EB7Lqk8ZnEoCo6ivovZipPEL70oAwYv+dLFj90gD2
v3m0EBRVVVDE/2ldb9alzRyxXnH1LKMDdkPOEk97/DB6esPF/WGywsSDWRkGhLqh
xTPMBrr9iQLsDKtlPRiEHLtN4W0ZDtZuXrQSEzThAoGBAMvyAPb080bQOKIrRzFx
1XP8F0t5OqMq/oMccgnzBPptk+S1YL/YPMr3anM7AAU7nfJzc3lwrWLAEr+fIPe8
t71OSw6ignJHHCWqyAQms0cK7n/mTRifiChhmDrm8q33eIQrJL4A5Rqxv5Js0l9g
CDoK9UMOKrXAmaj2LeEwtyAk
-----END PRIVATE KEY-----`;

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICnDCCAYQCAQEwDQYJKoZIhvcNAQELBQAwEzERMA8GA1UEAwwIc25zLnRlc3Qw
IBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBMxETAPBgNVBAMMCHNu
cy50ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzPFYlfFo21e/
D9RDtnvtkhTDUtyplN7hD8WjtKB43t0V16701O4e/nOa1LIzmalKurh3PCRhTVjo
548RzH6rgNZ0+a4LjUO/glJa2K3xs6hTiAtw2SRGMMf0TEFlRRzaRSyTapz18dl/
e1+defX/mO6HXYHpNp7M9H0yBuqwvpIGzQCk+hNnB5e0t3Vfk6+F74rB7AgyypCQ
qH0c1aJWe+yZ21tDv1UoE5qkFYR3S4VwukVr03GcCkY59GDBGwRAWCVaEe/lJiVj
ctc0GADXo4RpYEpKlI9jGPyLB8QOHre1M1B+82evtDaeK+Z33j+eH4tbPrPZJo80
U7S3KmVMSwIDAQABMA0GCSqGSIb3DQEBCwUAA4IBAQCT0sddgFzpCBh4HUv0W8qZ
d2WI6dQ7m3MUvIpE7trs8o8f0yBvTtmfBKuGbkTwXY/7V4RGYcOZ7isIe05+QF6i
njBs6SsoV/x7JpkOAvm+w1AnUqlJOIoso+zbo7LmvRWYB5hd2RvlHoC33YnnSHgq
erPS/eUpsXqCquTIMyoAg4CwvFssxvvgvFQ6lSymUWKXV2yUs17EOpL6+9xPwAk8
QcPog/GulmzFrpZHoDTocnR/Iu7/F8C04iOaMJy9n7fF4Hs4iyAjt3mg6g1Afwkh
YPeLoyT+i0/wsq/xPirR1iOnFhrCqzHQ/MCuRdXjoWIj0i8IkWQXcYe8MjKmrkcU
-----END CERTIFICATE-----`;

const CERTIFICATE_PATH = '/SimpleNotificationService-test.pem';

export interface TestSns {
  url: string;
  certificateUrl: string;
  /** Paths that were fetched. */
  fetched: string[];
  /** The envelope of a message, signed as SNS does. */
  sign(fields: Record<string, string>, version?: '1' | '2'): Record<string, string>;
  request(fields: Record<string, string>, version?: '1' | '2'): InboundRequest;
  close(): Promise<void>;
}

/** As much of SNS as signs: its certificate on loopback. */
export async function startSns(): Promise<TestSns> {
  const fetched: string[] = [];
  const server = createServer((request, response) => {
    fetched.push(request.url!);
    if (request.url === CERTIFICATE_PATH) return response.end(CERTIFICATE);
    if (request.url === '/moved.pem') return response.writeHead(302, { location: CERTIFICATE_PATH }).end();
    if (request.url === '/broken.pem') return response.writeHead(503).end();
    if (request.url === '/none.pem') return response.end('not a certificate');
    if (request.url === '/long.pem') return response.end('-'.repeat(200_000));
    return response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sns: TestSns = {
    url,
    certificateUrl: url + CERTIFICATE_PATH,
    fetched,
    sign(fields, version = '2') {
      const names = Object.keys(fields)
        .filter((name) =>
          ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'].includes(name),
        )
        .sort();
      const signed = names.map((name) => `${name}\n${fields[name]}\n`).join('');
      const signer = createSign(version === '2' ? 'RSA-SHA256' : 'RSA-SHA1').update(signed);
      return {
        ...fields,
        SignatureVersion: version,
        Signature: signer.sign(PRIVATE_KEY, 'base64'),
        SigningCertURL: fields.SigningCertURL ?? sns.certificateUrl,
      };
    },
    request: (fields, version) => requestOf(sns.sign(fields, version), { headers: { 'content-type': 'text/plain' } }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sns;
}
