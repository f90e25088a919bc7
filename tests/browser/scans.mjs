// What people do at a screen: scan in a count, watch it change, work without scripts.
import { join } from 'node:path';
import { check, ok, same } from './tally.mjs';

const shows = (page, text) => {
  const said = (words) => document.querySelector('main').innerText.includes(words);
  return page.waitForFunction(said, text, { timeout: 15_000 });
};

export async function run({ open, api, base, demo, shots }) {
  const { custodian, second_custodian: second } = demo.logins;
  const counts = (await api(custodian, '/counts')).body;
  const rows = counts.items ?? counts.rows ?? counts;
  const running = rows.find((row) => !row.closed_at && !row.closed && row.state !== 'closed' && row.state !== 'signed');
  const count = running?.count ?? running?.id;

  await check('the demonstration has a count in progress', () => ok(count, JSON.stringify(rows).slice(0, 300)));
  const at = `${base}/counts/${count}`;

  await check('a picture of the count', async () => {
    const { context, page } = await open(custodian, { viewport: { width: 1280, height: 800 } });
    await page.goto(at, { waitUntil: 'load' });
    await page.screenshot({ path: join(shots, 'count.png') });
    await context.close();
  });

  await check('a wedge types into the field that is always ready', async () => {
    const { context, page, complaints } = await open(custodian);
    await page.goto(at, { waitUntil: 'load' });
    await page.waitForFunction(() => document.activeElement?.matches('input'), null, { timeout: 5000 });
    await page.keyboard.type('NO-SUCH-SERIAL-7', { delay: 2 });
    await page.keyboard.press('Enter');
    await shows(page, 'NO-SUCH-SERIAL-7');
    ok(await page.evaluate(() => document.activeElement?.matches('input')), 'focus did not return to the field');
    same(complaints.length, 0, complaints.join('; '));
    await context.close();
  });

  await check('a count changes by itself when somebody else scans', async () => {
    const { context, page } = await open(custodian);
    await page.goto(at, { waitUntil: 'load' });
    await page.evaluate(() => { window.notReloaded = true; });
    const seen = 'SEEN-BY-ANOTHER-1';
    const other = await open(second);
    await other.page.goto(at, { waitUntil: 'load' });
    await other.page.waitForFunction(() => document.activeElement?.matches('input'), null, { timeout: 5000 });
    await other.page.keyboard.type(seen, { delay: 2 });
    await other.page.keyboard.press('Enter');
    await shows(page, seen);
    ok(await page.evaluate(() => window.notReloaded === true), 'the page was loaded anew');
    await other.context.close();
    await context.close();
  });

  await check('pages are readable with scripts off, and a scan is taken', async () => {
    const { context, page } = await open(custodian, { javaScriptEnabled: false });
    await page.goto(at, { waitUntil: 'load' });
    ok((await page.locator('main').innerText()).length > 100, 'the count page says too little');
    const field = page.locator('main form input:is([type="text"], [type="search"], :not([type]))').first();
    await field.fill('WITHOUT-SCRIPTS-1');
    await field.press('Enter');
    await page.waitForLoadState('load');
    ok((await page.locator('main').innerText()).includes('WITHOUT-SCRIPTS-1'), 'the scan is not shown');
    await context.close();
  });

  await check('a stranger is sent to sign in', async () => {
    const { context, page } = await open(null);
    await page.goto(at, { waitUntil: 'load' });
    ok(new URL(page.url()).pathname.startsWith('/sign-in'), page.url());
    await context.close();
  });
}
