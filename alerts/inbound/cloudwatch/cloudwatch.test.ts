import { afterAll, describe, expect, test } from '@jest/globals';
import { describeInbound } from '../testing/describe-inbound.ts';
import { NOW, requestOf, TOKEN, testReceiver } from '../testing/desk.ts';
import { startSns } from '../testing/sns.ts';
import { isCertificateUrl, isSnsUrl } from './certificate.ts';
import { inbound } from './index.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const ARN = 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:billing-errors';
const sns = await startSns();
afterAll(() => sns.close());

const alarm = (state: string, at: string) => ({
  AlarmName: 'billing-errors',
  AlarmDescription: 'More than 5% of requests fail',
  AWSAccountId: '123456789012',
  NewStateValue: state,
  NewStateReason: 'Threshold Crossed: 1 datapoint [12.0] was greater than the threshold (5.0).',
  StateChangeTime: at,
  Region: 'EU (Ireland)',
  AlarmArn: ARN,
  OldStateValue: 'OK',
  Trigger: {
    MetricName: 'ErrorRate',
    Namespace: 'Billing',
    Dimensions: [{ value: 'production', name: 'Stage' }],
    ComparisonOperator: 'GreaterThanThreshold',
  },
});
let messages = 0;
const notification = (message: unknown, over: Record<string, string> = {}) => ({
  Type: 'Notification',
  MessageId: `22b80b92-fdea-4c2c-8f9d-${String(++messages).padStart(12, '0')}`,
  TopicArn: TOPIC,
  Subject: 'ALARM: "billing-errors" in EU (Ireland)',
  Message: typeof message === 'string' ? message : JSON.stringify(message),
  Timestamp: '2026-11-23T03:04:06.000Z',
  ...over,
});
const settings = { name: 'source', type: 'cloudwatch', topics: [TOPIC], url: sns.url };
const fires = alarm('ALARM', '2026-11-23T03:04:05.123+0000');

describeInbound({
  kind: inbound,
  settings: { topics: [TOPIC], url: sns.url },
  firing: notification(fires),
  resolved: notification(alarm('OK', '2026-11-23T03:05:05.123+0000')),
  resolvedBefore: notification(alarm('OK', '2026-11-23T03:03:05.123+0000')),
  expected: { key: ARN, title: 'billing-errors' },
  foreign: [notification('hello'), notification('{}'), notification({ AlarmName: 'a', NewStateValue: 'SICK' })],
  send: (document) => sns.request(document as Record<string, string>),
});

test('labels and the way to the console come along', async () => {
  const it = await testReceiver(inbound, settings);
  await it.receiver.receive('source', sns.request(notification(fires)));
  expect(it.observed[0]).toMatchObject({
    labels: { region: 'eu-west-1', account: '123456789012', metric: 'ErrorRate', Stage: 'production' },
    source_url: expect.stringContaining('https://eu-west-1.console.aws.amazon.com/cloudwatch/home'),
    scheduled_at: '2026-11-23T03:04:05.123Z',
    failure: { message: expect.stringContaining('Threshold Crossed') },
  });
});

test('insufficient data neither fires nor resolves', async () => {
  const it = await testReceiver(inbound, settings);
  await it.receiver.receive('source', sns.request(notification(fires)));
  const unclear = notification(alarm('INSUFFICIENT_DATA', '2026-11-23T03:05:05.123+0000'));
  expect(await it.receiver.receive('source', sns.request(unclear))).toMatchObject({ status: 'taken', alerts: 0 });
  expect(it.observed).toHaveLength(1);
});

describe('what is signed', () => {
  test.each(['1', '2'] as const)('with version %s is believed; the certificate is fetched once', async (version) => {
    const it = await testReceiver(inbound, settings);
    const before = sns.fetched.length;
    for (let index = 0; index < 3; index++) {
      const receipt = await it.receiver.receive('source', sns.request(notification(fires), version));
      expect(receipt).toMatchObject({ status: 'taken' });
    }
    expect(sns.fetched.length - before).toBeLessThanOrEqual(1);
  });

  test('is refused with any bit of it flipped', async () => {
    const whole = sns.request(notification(fires)).rawBody;
    for (let index = 0; index < whole.length; index++) {
      const flipped = Buffer.from(whole);
      flipped[index]! ^= 1 << (index % 7);
      const verified = await inbound.verify(settings, requestOf('', { rawBody: flipped, headers: {} }), NOW);
      expect([index, verified]).toEqual([index, { refused: 'unauthentic', reason: expect.any(String) }]);
    }
  });

  test('is believed once: the same message again rings nobody, also after a restart', async () => {
    const it = await testReceiver(inbound, settings);
    const request = sns.request(notification(fires));
    expect(await it.receiver.receive('source', request)).toMatchObject({ status: 'taken' });
    expect(await it.receiver.receive('source', request)).toEqual({ status: 'replayed' });
    const later = await it.restart();
    expect(await later.receiver.receive('source', request)).toEqual({ status: 'replayed' });
  });

  test('is refused when it is older than replays are remembered, or from the future', async () => {
    for (const Timestamp of ['2026-11-22T03:04:06.000Z', '2026-11-23T04:04:06.000Z', 'yesterday']) {
      const verified = await inbound.verify(settings, sns.request(notification(fires, { Timestamp })), NOW);
      expect(verified).toMatchObject({ refused: 'unauthentic' });
    }
  });

  test('is refused from another topic, though Amazon signed it', async () => {
    const other = notification(fires, { TopicArn: 'arn:aws:sns:eu-west-1:666666666666:alarms' });
    expect(await inbound.verify(settings, sns.request(other), NOW)).toMatchObject({
      refused: 'unauthentic',
      reason: 'it is of a topic that is not listed',
    });
  });

  test('needs the token as well where one is configured', async () => {
    const both = { ...settings, token: TOKEN };
    const request = sns.request(notification(fires));
    expect(await inbound.verify(both, request, NOW)).toMatchObject({ refused: 'unauthentic' });
    expect(await inbound.verify(both, { ...request, query: { token: TOKEN } }, NOW)).toMatchObject({ verified: true });
  });

  test.each(['/cert.txt', '/moved.pem', '/missing.pem', '/none.pem'])(
    'is refused where there is no certificate at %s',
    async (path) => {
      const request = sns.request(notification(fires, { SigningCertURL: sns.url + path }));
      expect(await inbound.verify(settings, request, NOW)).toMatchObject({ refused: 'unauthentic' });
    },
  );

  test.each(['/broken.pem', '/long.pem'])(
    'is asked for again where the certificate at %s cannot be had: SNS never repeats what was refused',
    async (path) => {
      const it = await testReceiver(inbound, settings);
      const request = sns.request(notification(fires, { SigningCertURL: sns.url + path }));
      expect(await it.receiver.receive('source', request)).toMatchObject({ status: 'unavailable' });
      expect(it.observed).toEqual([]);
    },
  );

  test('names certificates, and a crowd of names makes few requests', async () => {
    const before = sns.fetched.length;
    const verified = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const SigningCertURL = `${sns.url}/none-${index % 20}.pem`;
        return inbound.verify(settings, sns.request(notification(fires, { SigningCertURL })), NOW);
      }),
    );
    expect(verified.some((one) => 'verified' in one)).toBe(false);
    expect(sns.fetched.length - before).toBeLessThanOrEqual(4);
  });
});

describe('addresses in messages', () => {
  test.each([
    ['https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem', true],
    ['https://sns.cn-north-1.amazonaws.com.cn/a.pem', true],
    ['http://sns.eu-west-1.amazonaws.com/a.pem', false],
    ['https://sns.eu-west-1.amazonaws.com:8443/a.pem', false],
    ['https://user@sns.eu-west-1.amazonaws.com/a.pem', false],
    ['https://sns.eu-west-1.amazonaws.com.evil.example/a.pem', false],
    ['https://evil.example/sns.eu-west-1.amazonaws.com/a.pem', false],
    ['https://s3.eu-west-1.amazonaws.com/bucket/a.pem', false],
    ['https://sns.us-gov-west-1.amazonaws.com/a.pem', true],
    ['https://sns.s3.amazonaws.com/a.pem', false],
    ['https://sns.s3-us-west-2.amazonaws.com/a.pem', false],
    ['https://sns.s3-website-us-east-1.amazonaws.com/a.pem', false],
    ['https://sns.amazonaws.com/a.pem', false],
    ['https://snsXeu-west-1.amazonaws.com/a.pem', false],
    ['http://169.254.169.254/a.pem', false],
    ['file:///etc/passwd.pem', false],
    ['nonsense', false],
  ])('%s is Amazon SNS: %s', (url, expected) => {
    expect(isSnsUrl(url, undefined)).toBe(expected);
  });
});

const PEM = 'SimpleNotificationService-60eadc530605d63b8e62a523676ef735.pem';
test.each([
  [`/${PEM}`, true],
  [`/${PEM}?Action=GetTopicAttributes&TopicArn=arn:aws:sns:us-east-1:666666666666:theirs`, false],
  [`/${PEM}#a`, false],
  ['/?Action=GetTopicAttributes&a=.pem', false],
  ['/other.pem', false],
  [`/a/${PEM}`, false],
])('a certificate stands at %s of Amazon: %s', (path, expected) => {
  expect(isCertificateUrl(`https://sns.eu-west-1.amazonaws.com${path}`, undefined)).toBe(expected);
});

describe('a subscription', () => {
  const confirmation = (SubscribeURL: string) => ({
    Type: 'SubscriptionConfirmation',
    MessageId: `165545c9-2a5c-472c-8df2-${String(++messages).padStart(12, '0')}`,
    Token: '2336412f37',
    TopicArn: TOPIC,
    Message: 'You have chosen to subscribe',
    SubscribeURL,
    Timestamp: '2026-11-23T03:04:06.000Z',
  });

  test('is confirmed at Amazon, where the config says so', async () => {
    const url = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`;
    const it = await testReceiver(inbound, { ...settings, confirm: true });
    expect(await it.receiver.receive('source', sns.request(confirmation(url)))).toEqual({ status: 'confirmed' });
    expect(it.confirmed).toEqual([url]);
  });

  test('is not confirmed elsewhere, nor where the config does not say so', async () => {
    const elsewhere = await testReceiver(inbound, { ...settings, confirm: true });
    const evil = sns.request(confirmation('https://evil.example/?Action=ConfirmSubscription'));
    expect(await elsewhere.receiver.receive('source', evil)).toMatchObject({ status: 'refused' });
    const silent = await testReceiver(inbound, settings);
    const good = sns.request(confirmation('https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription'));
    expect(await silent.receiver.receive('source', good)).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('confirm: true'),
    });
    expect([...elsewhere.confirmed, ...silent.confirmed]).toEqual([]);
  });
});
