/** The name of a step as the value of k6's tag `step`; as `stepTag` of the runtime makes it. */
export function stepTag(name: string): string {
  return name.replace(/[,"'{}]/g, ' ').trim();
}

/** A name as k6 takes it for groups and checks, where `::` separates a group from another. */
export function checkName(name: string): string {
  return name.replace(/::/g, ': :');
}
