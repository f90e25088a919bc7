// Counts what passed and what did not, and says so in one plain line at the end.
let passed = 0;
let failed = 0;

const PATIENCE_MS = 90_000;

/** Throws if it takes longer than any honest page. */
function soon(work) {
  let alarm;
  const late = new Promise((_, fail) => {
    alarm = setTimeout(() => fail(new Error(`no end within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(alarm));
}

/** Runs one check; what it throws is why it failed. */
export async function check(name, run) {
  try {
    await soon(run());
    passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.message.split('\n').slice(0, 12).join('\n    ')}`);
  }
}

/** Throws unless it is so. */
export function ok(so, otherwise) {
  if (!so) throw new Error(otherwise);
}

/** Throws unless both are the same. */
export function same(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

/** The last line, and whether all is well. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}
