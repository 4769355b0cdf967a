/** `step: message`. Both are somebody else's words: whichever way they run, they do not turn the sentence around them. */
export function FailureText({ failure }: { failure: { step: string; message: string } }) {
  return (
    <>
      <bdi>{failure.step}</bdi>: <bdi>{failure.message}</bdi>
    </>
  );
}
