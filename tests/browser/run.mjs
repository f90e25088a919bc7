// Opens Muster's pages in a real browser, against `muster demo --json`. Ends with one line of counts.
// Screenshots go to target/browser; with UPDATE=1 the README's picture is written to docs/count.png.
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root, startDemo, target } from './demo.mjs';
import { listen, signIn, visit } from './pages.mjs';
import { check, finish, ok, same } from './tally.mjs';

const shots = join(target, 'browser');
mkdirSync(shots, { recursive: true });
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const demo = await startDemo();
const base = demo.url.replace(/\/$/, '');
// Root has no sandbox to itself in a container; the pages are our own.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

const LANGUAGES = [{ code: 'en', dir: 'ltr' }, { code: 'ar', dir: 'rtl' }];
const SCREENS = [{ width: 360, height: 780 }, { width: 1280, height: 800 }];

async function open(login, options = {}) {
  const context = await browser.newContext({ viewport: SCREENS[1], ...options });
  const page = await context.newPage();
  const complaints = await listen(page);
  if (login) await signIn(page, base, login);
  return { context, page, complaints };
}

const api = async (login, path, options = {}) => {
  const headers = { authorization: `Bearer ${login.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${base}/api/v1${path}`, { ...options, headers });
  return { status: answer.status, body: await answer.json() };
};

/** What kind of page an address is: ids count as one. */
const name = (path) => {
  const kind = path.split(/[?#]/)[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\b/g, 'id').replace(/[^a-z0-9]+/gi, '-');
  return kind.replace(/^-|-$/g, '') || 'overview';
};
const NO_PAGE = /sign-out|language|\.csv|\.json|\/api\//;

/** Every page of the menu, and the first page behind each list: one check a page, language and screen. */
async function everyPage(role, login, { code, dir }, screen) {
  const { context, page, complaints } = await open(login, { viewport: screen, locale: code });
  const waiting = ['/'];
  const kinds = new Set(['overview']);
  while (waiting.length > 0) {
    const path = waiting.shift();
    await check(`${role} ${code} ${screen.width} ${name(path)}`, async () => {
      const found = await visit(page, complaints, base + path, { dir, width: screen.width });
      await page.screenshot({ path: join(shots, `${role}-${code}-${screen.width}-${name(path)}.png`) });
      for (const address of [...found.menu, ...found.rows]) {
        if (!address || NO_PAGE.test(address) || kinds.has(name(address))) continue;
        kinds.add(name(address));
        waiting.push(address);
      }
    });
  }
  await context.close();
}

for (const language of LANGUAGES) {
  for (const screen of SCREENS) await everyPage('custodian', demo.logins.custodian, language, screen);
}
await everyPage('approver', demo.logins.approver, LANGUAGES[0], SCREENS[1]);
await everyPage('auditor', demo.logins.auditor, LANGUAGES[0], SCREENS[1]);

await check('the longest event fits a phone', async () => {
  const { body } = await api(demo.logins.auditor, '/log/events?limit=500&from=6000');
  const size = (row) => JSON.stringify(row).length;
  const longest = body.rows.sort((a, b) => size(b) - size(a))[0].position;
  const screen = SCREENS[0];
  const { context, page, complaints } = await open(demo.logins.auditor, { viewport: screen });
  await visit(page, complaints, `${base}/log/${longest}`, { dir: 'ltr', width: screen.width });
  await context.close();
});

const scans = await import('./scans.mjs');
await scans.run({ open, api, base, demo, shots });

if (process.env.UPDATE) copyFileSync(join(shots, 'count.png'), join(root, 'docs', 'count.png'));
await check('the picture of the first page is there and small', () => {
  const size = statSync(join(root, 'docs', 'count.png')).size;
  ok(size > 10_000 && size < 300_000, `docs/count.png has ${size} bytes`);
});
same(typeof demo.data, 'string', 'the demonstration names its folder');

await browser.close();
await demo.stop();
process.exitCode = finish() ? 0 : 1;
