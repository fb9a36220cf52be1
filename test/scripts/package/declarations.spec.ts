import assert from 'node:assert/strict';
import { Declarations } from '../../../scripts/package/declarations.ts';

const TEXT = `import { type Far, Other as Near } from '../there.ts';
import { Container } from 'elsewhere';
/** Kept with its comment. */
export interface Trial extends Near {
    of: Inner;
}
type Inner = {
    one: Container;
} | {
    two: Far;
};
/** Nobody asks for it. */
export declare function internal(far: Unused): void;
export {};
`;

describe('scripts/package/declarations', () => {
  it('keeps what was taken and what that names, and tells what it names of others', () => {
    const made = new Declarations(TEXT);
    assert.deepEqual(made.exported(), ['Trial', 'internal']);
    assert.deepEqual(made.take('Trial'), [
      { from: '../there.ts', name: 'Other' },
      { from: '../there.ts', name: 'Far' },
    ]);
    const left = made.text();
    assert.match(left, /^import \{ Far, Other as Near \} from '\.\.\/there\.js';$/m);
    assert.match(left, /^import \{ Container \} from 'elsewhere';$/m);
    assert.match(left, /^\/\*\* Kept with its comment\. \*\/\nexport interface Trial/m);
    assert.match(left, /^type Inner = \{\n {4}one: Container;\n\} \| \{\n {4}two: Far;\n\};$/m);
    assert.doesNotMatch(left, /internal|Nobody/);
  });

  it('refuses what tsc does not write', () => {
    assert.throws(() => new Declarations('export default 1;\n'), /not understood: export default/);
  });
});
