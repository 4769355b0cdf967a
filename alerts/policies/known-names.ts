/** Names that a policy may use, as ringdown.yaml has them. What is absent is not checked. */
export interface KnownNames {
  channels?: readonly string[];
  /** Of on-call schedules. */
  schedules?: readonly string[];
  users?: readonly string[];
  backends?: readonly string[];
  heartbeats?: readonly string[];
}
