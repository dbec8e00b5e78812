/**
 * The order of the test files: those that take minutes begin first, so that they don't run alone while the other worker has nothing left
 * to do. A clean clone knows no times of an earlier run, and jest would order by the size of the files.
 */
const { default: Sequencer } = require("@jest/test-sequencer");

/** By their paths, the longest first. */
const LONG = [/\/faults\/matrix\./, /\/test\/e2e\//, /\/model\/real-clusters\./, /\/test\/infra\//, /\/test\/model\//];

const rankOf = ({ path }) => {
  const rank = LONG.findIndex((pattern) => pattern.test(path));
  return rank < 0 ? LONG.length : rank;
};

module.exports = class LongestFirst extends Sequencer {
  /** Those alike keep jest's own order. */
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's method, not an array's
    return super.sort(tests).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
};
