import { expect, test } from '@jest/globals';
import { hclFile, Reference, resourceName } from './hcl.ts';

test('blocks are laid out as terraform fmt does, and nothing in a text is a template', () => {
  const text = hclFile('made', [
    {
      type: 'resource',
      labels: ['a_b', resourceName('ringdown/critical-1')],
      comments: ['approximate: one\ntwo'],
      attributes: {
        name: '${x} %{y} "q" \\ \n',
        threshold: 0.05,
        actions: [new Reference('a.b.c')],
        tags: { team: 'x', 'a b': 'y' },
      },
      blocks: [{ type: 'inner', attributes: { on: true } }],
    },
  ]);
  expect(text).toBe(`# made

# approximate: one two
resource "a_b" "ringdown_critical_1" {
  name      = "$\${x} %%{y} \\"q\\" \\\\ \\n"
  threshold = 0.05
  actions   = [a.b.c]
  tags = {
    team  = "x"
    "a b" = "y"
  }

  inner {
    on = true
  }
}
`);
});
