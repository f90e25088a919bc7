// Starts `muster demo --json` and stops it again; the one line it prints says where and who.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

/** Where the program stands: `MUSTER`, else what was built last for the gate. */
function binary() {
  const places = [process.env.MUSTER, join(target, 'debug', 'muster'), join(target, 'release', 'muster')];
  const found = places.find((path) => path && existsSync(path));
  if (!found) throw new Error('muster is not built: run `cargo build --workspace --bins` first');
  return found;
}

/** A running demonstration: `{ url, data, logins, stop }`. */
export function startDemo() {
  return new Promise((ready, failed) => {
    const child = spawn(binary(), ['demo', '--json', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    const stop = () => new Promise((stopped) => {
      if (child.exitCode !== null) return stopped();
      child.once('exit', stopped);
      child.kill('SIGTERM');
    });
    child.stderr.on('data', (bytes) => { err = (err + bytes).slice(-4000); });
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const line = out.split('\n').find((text) => text.startsWith('{'));
      if (line && out.includes('\n')) ready({ ...JSON.parse(line), stop });
    });
    child.once('exit', (code) => failed(new Error(`muster demo ended with ${code}:\n${err}`)));
    process.once('exit', () => child.kill('SIGKILL'));
  });
}
