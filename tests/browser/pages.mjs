// What holds for every page: it opens, complains of nothing, fits its screen, names its fields.
import { ok, same } from './tally.mjs';

/** Collects everything a page complains of: console errors, faults, refused loads, failed requests. */
export async function listen(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // A live feed that is closed because its page is left is no fault.
    if (!why.includes('ERR_ABORTED')) complaints.push(`request: ${request.url()} ${why}`);
  });
  page.on('response', (answer) => {
    if (answer.status() >= 400) complaints.push(`${answer.status()} ${answer.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  return complaints;
}

/** Opens a page and holds it to the rules; gives back the addresses of its menu and its first rows. */
export async function visit(page, complaints, url, { dir, width }) {
  complaints.length = 0;
  const answer = await page.goto(url, { waitUntil: 'load' });
  same(answer.status(), 200, url);
  const seen = await page.evaluate(() => {
    const links = (selector) => [...document.querySelectorAll(selector)].map((a) => a.getAttribute('href'));
    const shown = (field) => field.offsetParent !== null && field.type !== 'hidden';
    const named = (field) => field.labels?.length || field.ariaLabel || field.getAttribute('aria-labelledby') || field.title;
    return {
      dir: document.documentElement.dir,
      lang: document.documentElement.lang,
      headings: document.querySelectorAll('h1').length,
      wide: document.scrollingElement.scrollWidth,
      text: document.querySelector('main')?.innerText ?? '',
      unnamed: [...document.querySelectorAll('input, select, textarea')]
        .filter((field) => shown(field) && !named(field)).map((field) => field.outerHTML),
      training: document.querySelector('.training') !== null,
      menu: links('nav a[href^="/"], .side a[href^="/"]'),
      rows: links('main table a[href^="/"], main .card a[href^="/"], main li a[href^="/"]'),
    };
  });
  same(seen.dir, dir, `direction of writing at ${url}`);
  same(seen.headings, 1, `main headings at ${url}`);
  ok(seen.wide <= width + 1, `${url} is ${seen.wide} pixels wide on a screen of ${width}`);
  ok(seen.text.trim().length > 20, `${url} says nothing: ${seen.text}`);
  ok(!/\{\{|\}\}|Unknown localization|undefined|NaN/.test(seen.text), `${url} shows what is no text: ${seen.text.slice(0, 300)}`);
  same(seen.unnamed.length, 0, `fields without a name at ${url}: ${seen.unnamed[0] ?? ''}`);
  ok(seen.training, `${url} does not say that this is training data`);
  same(complaints.length, 0, `complaints of ${url}: ${complaints.slice(0, 3).join('; ')}`);
  return seen;
}

/** Signs in with the keyboard alone: Tab to the fields, type, Enter. */
export async function signIn(page, base, login) {
  await page.goto(`${base}/sign-in`, { waitUntil: 'load' });
  const reach = async (type) => {
    for (let press = 0; press < 40; press += 1) {
      const at = await page.evaluate(() => (document.activeElement?.matches('input') ? document.activeElement.type : ''));
      if (at === type) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no field of type ${type} can be reached by the keyboard`);
  };
  await reach('text');
  await page.keyboard.type(login.user);
  await page.keyboard.press('Tab');
  await reach('password');
  await page.keyboard.type(login.password);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith('/sign-in')), page.keyboard.press('Enter')]);
}
