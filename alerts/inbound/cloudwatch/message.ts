import { at, text } from '../fields.ts';

/** An envelope of Amazon SNS, as far as it is signed and read. */
export interface SnsMessage {
  type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  id: string;
  topic: string;
  message: string;
  timestamp: string;
  signature: string;
  signatureVersion: '1' | '2';
  certificateUrl: string;
  subscribeUrl: string | null;
  /** What is signed: names and values of fixed fields, a line each. */
  signed: string;
}

const SIGNED_FIELDS = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

/**
 * Reads the envelope. Source: docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages".
 * @returns null for anything else
 */
export function readSnsMessage(body: object): SnsMessage | null {
  const type = at(body, 'Type');
  if (typeof type !== 'string' || !Object.hasOwn(SIGNED_FIELDS, type)) return null;
  const kind = type as SnsMessage['type'];
  const field = (name: string) => {
    const value = at(body, name);
    return typeof value === 'string' ? value : null;
  };
  const id = field('MessageId');
  const topic = field('TopicArn');
  const message = field('Message');
  const timestamp = field('Timestamp');
  const signature = field('Signature');
  const version = text(at(body, 'SignatureVersion'));
  const certificateUrl = field('SigningCertURL');
  if (!id || !topic || message === null || !timestamp || !signature || !certificateUrl) return null;
  if (version !== '1' && version !== '2') return null;
  // A subject that was not set is neither sent nor signed.
  const signed = SIGNED_FIELDS[kind].flatMap((name) => {
    const value = field(name);
    return value === null ? [] : [`${name}\n${value}\n`];
  });
  return {
    type: kind,
    id,
    topic,
    message,
    timestamp,
    signature,
    signatureVersion: version,
    certificateUrl,
    subscribeUrl: field('SubscribeURL'),
    signed: signed.join(''),
  };
}
