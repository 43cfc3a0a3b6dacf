// Drives the page in Chromium: node browser.js PART ADDRESS. Each check ends the run where it fails.
'use strict';
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { chromium } = require('playwright-core');

const [part, base] = process.argv.slice(2);
const { SECRET, SHOTS, TERRACE, WORLD } = process.env;
const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const git = (...words) => execFileSync('git', words, { cwd: WORLD, encoding: 'utf8' });
const terrace = (...words) => execFileSync(TERRACE, words, { cwd: WORLD, encoding: 'utf8' });

// Every page is watched: what its policy refuses, and what fails in its script, is a failure.
const opened = async (context) => {
  const page = await context.newPage();
  // Far longer than anything takes, however busy the machine.
  page.setDefaultTimeout(90000);
  page.wrong = [];
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  page.on('console', (message) => {
    const isAnswer = /status of (400|403|409|412|422)/.test(message.text());
    if (message.type() === 'error' && !isAnswer) page.wrong.push(message.text());
  });
  return page;
};
const sound = (page) => assert.deepEqual(page.wrong, []);
const main = (page) => page.locator('main').innerText();

// The overview is a grid: one stop of Tab, in which arrows move, and which says where one is.
const byKeys = async (page) => {
  await page.goto(base + '/ui/overview?show=all');
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  const at = () => page.evaluate(() => {
    const cell = document.activeElement.closest('[role=grid] th, [role=grid] td');
    if (!cell) return null;
    const rows = [...document.querySelectorAll('.matrix tbody tr')];
    return {
      row: cell.parentNode.cells[0].innerText, column: cell.cellIndex, index: rows.indexOf(cell.parentNode),
      says: Number(cell.parentNode.getAttribute('aria-rowindex')), name: document.activeElement.innerText,
    };
  });
  const grid = page.getByRole('grid', { name: 'Items by environment' });
  const count = async () => [await grid.getByRole('row').count(), Number(await grid.getAttribute('aria-rowcount'))];
  const [rows, said] = await count();
  assert.equal(said, rows);
  const stops = () => page.evaluate(() => document.querySelectorAll('.matrix [tabindex="0"], .matrix a:not([tabindex])').length);
  assert.equal(await stops(), 1);
  // Into the grid by Tab alone, and out again by the next one.
  for (let tabs = 0; !(await at()); tabs += 1) {
    assert.ok(tabs < 60, 'Tab does not reach the grid');
    await press('Tab');
  }
  const first = await at();
  assert.deepEqual([first.index, first.column, first.says], [0, 0, 2]);
  await press('Tab');
  assert.equal(await at(), null);
  await press('Shift+Tab');
  assert.deepEqual(await at(), first);
  await press('ArrowDown');
  assert.deepEqual([(await at()).index, (await at()).says], [1, 3]);
  await press('ArrowUp', 'ArrowUp', 'End');
  assert.deepEqual([(await at()).index, (await at()).column], [0, 3]);
  await press('ArrowRight', 'ArrowLeft');
  assert.equal((await at()).column, 2);
  await press('Home');
  assert.equal((await at()).column, 0);
  assert.equal(await stops(), 1);
  // Rows are opened and closed where they are, and the grid counts them.
  await press('Enter');
  await page.waitForFunction((rows) => document.querySelectorAll('.matrix tr').length < rows, rows);
  const [fewer, saidFewer] = await count();
  assert.ok(fewer < rows && saidFewer === fewer, `${fewer} of ${rows} rows, said to be ${saidFewer}`);
  await press('Enter');
  await page.waitForFunction((rows) => document.querySelectorAll('.matrix tr').length === rows, rows);
  assert.deepEqual([(await at()).index, await stops()], [0, 1]);
  // A value is read, and the cell leads to where it is edited.
  for (let steps = 0; !(await at()).row.startsWith('limits.rate'); steps += 1) {
    assert.ok(steps < rows, 'no row limits.rate');
    await press('ArrowDown');
  }
  await press('End');
  assert.match((await at()).name, /20\/s.*conflict/s);
  await press('Enter');
  await page.waitForURL('**/ui/production/items/payments');
  await page.goBack();
  await page.waitForSelector('[role=grid]');
  await press('j', 'j');
  while (!(await at()).row.startsWith('limits.rate')) await press('j');
  await press('l', 'l', 'e');
  await page.waitForURL('**/ui/staging/edit/payments?path=limits.rate');
  await page.goBack();
  await page.waitForSelector('[role=grid]');
  await press('j');
  while (!(await at()).row.includes('payments')) await press('j');
  await press('End', 'p');
  await page.waitForURL('**/ui/production/promote?key=payments');
};

const work = async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await opened(context);
  await page.goto(base + '/ui/');
  await page.click('.choice.env-staging');
  await page.click('text=payments');
  await page.waitForURL('**/ui/staging/items/payments');
  // Another tab in another environment, and one that is left behind.
  const other = await opened(context);
  await other.goto(base + '/ui/production/items/payments');
  const late = await opened(context);
  await late.goto(base + '/ui/staging/edit/payments?path=limits.rate');
  await page.click('a.edit[href$="path=limits.rate"]');
  await page.fill('input[name=text]', '70/s');
  await page.fill('input[name=message]', 'from the browser');
  await page.click('button.go');
  await page.waitForURL('**/ui/staging/items/payments?saved=*');
  assert.match(await main(page), /Saved to staging as [0-9a-f]{7}/);
  assert.match(git('show', 'HEAD:environments/staging/payments.yaml'), /rate: 70\/s/);
  // What is saved in one environment is told, and nothing moves; the other tab stays where it is.
  await other.waitForSelector('#news p');
  assert.match(await other.locator('#news').innerText(), /1 change/);
  assert.match(other.url(), /\/ui\/production\/items\/payments$/);
  assert.match(await main(other), /20\/s/);
  // A stale save keeps what was typed.
  await late.fill('input[name=text]', '75/s');
  await late.fill('input[name=message]', 'from another tab');
  await late.click('button.go');
  await late.waitForSelector('.problem');
  assert.match(await main(late), /has changed since it was read/);
  assert.match(await main(late), /70\/s/);
  assert.equal(await late.inputValue('input[name=text]'), '75/s');
  await late.screenshot({ path: SHOTS + '/stale.png', fullPage: true });
  await late.click('button.go');
  await late.waitForURL('**saved=*');
  // A text is checked while it is typed.
  await page.goto(base + '/ui/staging/edit/billing/invoices');
  await page.fill('textarea', 'rate: [1\n');
  await page.waitForSelector('#checked .s-error');
  assert.match(await page.locator('#checked').innerText(), /line \d+, column \d+/);
  await page.screenshot({ path: SHOTS + '/checked.png', fullPage: true });
  await page.fill('textarea', 'rate: 20\n');
  await page.waitForFunction(() => !document.querySelector('#checked .s-error'));
  // A commit from the command line is seen.
  await other.goto(base + '/ui/overview');
  await other.waitForSelector('text=● live');
  await other.waitForTimeout(300);
  const start = Date.now();
  terrace('set', 'payments', 'timeout', '6s', '--env', 'development', '--commit');
  const written = Date.now();
  await other.waitForSelector('#news p');
  console.log(`a commit is visible ${Date.now() - written} ms after the command, ${Date.now() - start} ms with it`);
  assert.equal(await other.locator('tbody[data-key=payments] tr.marked').count(), 1);
  // By keys alone.
  await byKeys(other);
  await other.goto(base + '/ui/overview?show=all');
  await other.keyboard.press('j');
  assert.equal(await other.evaluate(() => document.activeElement.className), 'row');
  await other.keyboard.press('/');
  assert.equal(await other.evaluate(() => document.activeElement.id), 'filter');
  await other.keyboard.press('Escape');
  await other.keyboard.press('?');
  await other.waitForSelector('dialog[open]');
  await other.keyboard.press('Escape');
  await other.goto(base + '/ui/development/items/payments');
  await other.keyboard.press('g');
  await other.keyboard.press('p');
  await other.waitForURL('**/ui/production/items/payments');
  // A conflict is decided; the plan moves meanwhile.
  const promote = await opened(context);
  await promote.goto(base + '/ui/production/promote');
  await promote.screenshot({ path: SHOTS + '/conflict.png', fullPage: true });
  const line = promote.locator('.choice-line', { hasText: 'limits.rate' });
  await line.locator('input[value=take]').check();
  terrace('set', 'payments', 'timeout', '9s', '--env', 'staging', '--commit');
  await promote.fill('#confirm', 'production');
  await promote.click('button.go');
  await promote.waitForSelector('text=The plan was made anew');
  assert.equal(await promote.locator('.choice-line.moved', { hasText: 'timeout' }).count(), 1);
  assert.equal(await promote.locator('.choice-line', { hasText: 'limits.rate' }).locator('input[value=take]').isChecked(), true);
  await promote.screenshot({ path: SHOTS + '/redrawn.png', fullPage: true });
  await promote.locator('.choice-line', { hasText: 'timeout' }).locator('input[value=decline]').check();
  await promote.fill('#reason', 'not before the weekend');
  await promote.fill('#confirm', 'production');
  await promote.click('button.go');
  await promote.waitForURL('**saved=*');
  assert.match(git('show', 'HEAD:environments/production/payments.yaml'), /rate: 75\/s/);
  assert.match(git('grep', '-h', 'reason', 'HEAD', '--', '.terrace/decisions/production'), /not before the weekend/);
  // And it is taken back.
  await promote.goto(base + '/ui/production/rollback/payments');
  await promote.screenshot({ path: SHOTS + '/rollback.png', fullPage: true });
  await promote.fill('#confirm', 'production');
  await promote.click('button.go');
  await promote.waitForURL('**saved=*');
  assert.match(git('show', 'HEAD:environments/production/payments.yaml'), /rate: 20\/s/);
  [page, other, late, promote].forEach(sound);
};

const plain = async (browser) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(base + '/ui/overview');
  await page.click('a.row >> text=payments');
  await page.goto(base + '/ui/overview?state=conflict');
  assert.match(await main(page), /limits\.rate/);
  await page.fill('#filter', 'invoices');
  await page.click('form.filter button');
  assert.match(await main(page), /No item is like this/);
  await page.goto(base + '/ui/production/promote');
  const line = (path) => page.locator('.choice-line', { hasText: path });
  await line('limits.rate').locator('input[value=keep]').check();
  await page.fill('#confirm', 'production');
  await page.click('button.go');
  await page.waitForURL('**saved=*');
  // Single values are changed in a form, and the file keeps the rest.
  await page.goto(base + '/ui/staging/items/billing/invoices');
  await page.click('text=Edit values');
  await page.fill('.value:has-text("rate") input:not([type=hidden])', '21');
  await page.click('button.go');
  await page.waitForURL('**/ui/staging/items/billing/invoices?saved=*');
  assert.match(await main(page), /21/);
  await page.goto(base + '/ui/pipeline');
  await page.click('summary');
  assert.match(await main(page), /waits to come here/);
};

const session = async (browser) => {
  const context = await browser.newContext();
  const page = await opened(context);
  const asked = await page.goto(base + '/ui/development/items/payments');
  assert.equal(asked.status(), 401);
  page.wrong = [];
  await page.fill('#token', SECRET);
  await page.click('main button');
  await page.waitForURL('**/ui/development/items/payments');
  const [cookie] = await context.cookies();
  assert.equal(cookie.name, '__Host-terrace');
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === 'Strict' && cookie.path === '/');
  assert.equal(await page.evaluate(() => document.cookie), '');
  assert.equal((await page.goto(base + '/ui/overview')).status(), 200);
  const text = await page.locator('body').innerText();
  assert.ok(!/staging|production|merger/i.test(text), text);
  assert.equal((await page.goto(base + '/ui/production/items/payments')).status(), 403);
  await page.goto(base + '/ui/development/edit/payments?path=timeout');
  await page.fill('input[name=text]', '7s');
  await page.click('button.go');
  await page.waitForURL('**saved=*');
  assert.match(git('log', '-1', '--format=%ae'), /ci@example\.com/);
  await page.click('text=Sign out');
  await page.waitForSelector('#token');
  assert.equal((await context.cookies()).length, 0);
};

// What changes while a page is on its way is told of, whoever listens; what was refused is tried again.
const live = async (browser) => {
  const context = await browser.newContext();
  const commit = (value) => terrace('set', 'payments', 'timeout', value, '--env', 'development', '--commit');
  const late = await opened(context);
  await late.route('**/page.*.js', async (route) => { commit('11s'); await route.continue(); });
  await late.goto(base + '/ui/overview');
  await late.waitForSelector('text=● live');
  await late.waitForSelector('#news p');
  assert.equal(await late.locator('tbody[data-key=payments] tr.marked').count(), 1);
  // One that follows is told what the first one knows.
  const follower = await opened(context);
  await follower.route('**/page.*.js', async (route) => {
    commit('12s');
    await late.waitForTimeout(700);
    await route.continue();
  });
  await follower.goto(base + '/ui/development/items/payments');
  await follower.waitForSelector('text=● live');
  await follower.waitForSelector('#news p');
  // And goes on where that one ends.
  await follower.reload();
  await follower.waitForSelector('text=● live');
  assert.equal(await follower.locator('#news p').count(), 0);
  await late.close();
  commit('13s');
  await follower.waitForSelector('#news p');
  const refused = await opened(context);
  await follower.close();
  let asked = 0;
  await refused.route('**/events?*', (route) => {
    asked += 1;
    return asked < 4 ? route.fulfill({ status: 503, body: '' }) : route.continue();
  });
  await refused.goto(base + '/ui/overview');
  await refused.waitForSelector('text=● live');
  refused.wrong = refused.wrong.filter((text) => !/503/.test(text));
  // Differences on the item's screen.
  await refused.goto(base + '/ui/production/items/payments');
  await refused.keyboard.press(']');
  assert.equal(await refused.evaluate(() => document.activeElement.closest('tr').className), 'differs');
  const first = await refused.evaluate(() => document.activeElement.innerText);
  await refused.keyboard.press(']');
  assert.notEqual(await refused.evaluate(() => document.activeElement.innerText), first);
  await refused.keyboard.press('[');
  assert.equal(await refused.evaluate(() => document.activeElement.innerText), first);
  // What is made as a whole is written, and what is undecided says so.
  await refused.goto(base + '/ui/staging/promote?key=newcomer');
  assert.equal(await refused.locator('#decided').innerText(), '1 to write');
  assert.ok(await refused.locator('button.go').isEnabled());
  await refused.goto(base + '/ui/production/promote?key=payments');
  assert.match(await refused.locator('#decided').innerText(), /^1 to decide first/);
  assert.ok(await refused.locator('button.go').isDisabled());
  await refused.locator('.choice-line', { hasText: 'limits.rate' }).locator('input[value=keep]').check();
  assert.ok(await refused.locator('button.go').isEnabled());
  await refused.keyboard.press('?');
  [follower, late, refused].forEach(sound);
};

const SCREENS = {
  chooser: '/ui/', overview: '/ui/overview', item: '/ui/production/items/payments', promote: '/ui/production/promote',
  pipeline: '/ui/pipeline', findings: '/ui/production/findings', history: '/ui/production/history/payments',
  edit: '/ui/production/edit/billing/invoices', form: '/ui/production/form/payments',
};
const LOOKS = { light: [1280, 'light'], dark: [1280, 'dark'], narrow: [360, 'light'] };

const look = async (browser) => {
  for (const [look, [width, colorScheme]] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await opened(context);
    for (const [name, path] of Object.entries(SCREENS)) {
      await page.goto(base + path);
      await page.screenshot({ path: `${SHOTS}/${name}-${look}.png`, fullPage: true });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} ${look}: sideways`);
      await page.evaluate(axeSource);
      const found = await page.evaluate(async () => (await axe.run()).violations.map((it) => ({
        impact: it.impact, rule: it.id, at: it.nodes.slice(0, 3).map((node) => String(node.target)),
      })));
      const grave = found.filter((it) => ['serious', 'critical'].includes(it.impact));
      assert.deepEqual(grave, [], `${name} ${look}`);
      if (found.length) console.log(name, look, JSON.stringify(found));
    }
    sound(page);
    await context.close();
  }
};

const crowd = async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await opened(context);
  const figures = async (path) => {
    await page.goto(base + path);
    return page.evaluate(() => {
      const [it] = performance.getEntriesByType('navigation');
      return {
        server: Math.round(it.responseStart - it.requestStart), sent: it.encodedBodySize,
        loaded: Math.round(it.domContentLoadedEventEnd - it.startTime), nodes: document.getElementsByTagName('*').length,
      };
    });
  };
  console.log('cold', await figures('/ui/overview'));
  const warm = await figures('/ui/overview');
  const filter = await figures('/ui/overview?filter=service-17');
  console.log('warm', warm, 'filter', filter);
  assert.ok(warm.sent <= 30 * 1024 && warm.nodes <= 3000, JSON.stringify(warm));
  await page.goto(base + '/ui/overview');
  await page.waitForSelector('text=● live');
  terrace('set', 'service-0007', 'rate', '41/s', '--env', 'development', '--commit');
  const written = Date.now();
  await page.waitForSelector('#news p');
  const seen = Date.now() - written;
  const after = await figures('/ui/overview');
  console.log(`a commit is visible after ${seen} ms; the overview after it`, after);
  sound(page);
};

(async () => {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  try {
    await { work, plain, session, live, look, crowd }[part](browser);
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
