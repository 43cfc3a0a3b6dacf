// Opens rows in place, moves by keys, tells of changes, and checks a text while it is typed.
// Everything else works without it.
'use strict';
(() => {
  const one = (what, from = document) => from.querySelector(what);
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const make = (name, fields) => Object.assign(document.createElement(name), fields);
  const here = () => document.activeElement;
  const body = document.body;
  const news = one('#news');

  const tell = (text, link) => {
    if (!news) return;
    const line = make('p', { textContent: text + ' ' });
    line.append(make('a', { href: link, textContent: 'show' }));
    news.replaceChildren(line);
  };

  // Rows of the overview are opened and closed in place.
  const toggle = async (link) => {
    const item = link.closest('tbody');
    const key = item.dataset.key;
    if (link.getAttribute('aria-expanded') === 'true') {
      all('tr:not(.item)', item).forEach((row) => row.remove());
      link.setAttribute('aria-expanded', 'false');
      one('.twist', link).textContent = '▸';
      return settle();
    }
    const path = key.split('/').map(encodeURIComponent).join('/');
    const answer = await fetch('/ui/fragments/items/' + path);
    if (!answer.ok) return location.assign(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = one('tbody', page);
    item.replaceWith(fresh);
    const again = one('a.row', fresh);
    again.href = link.href;
    again.focus();
    settle();
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('.matrix a.row');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    toggle(link).catch(() => location.assign(link.href));
  });

  // Live: changes are counted and told, and move nothing. One tab listens for all, from the commits on that
  // its page was made of; whoever follows it asks how far it is.
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('terrace') : null;
  const say = (message) => tabs?.postMessage(message);
  const live = one('#live');
  const at = Object.fromEntries((body.dataset.live || '').split(' ').filter(Boolean).map((pair) => pair.split(':')));
  const environments = Object.keys(at);
  const page = location.href.split('#')[0];
  const changed = new Set();
  let sources;
  let isOn = false;
  let lost = 0;
  const note = (environment, items, commit) => {
    at[environment] = commit;
    for (const item of items) changed.add(environment + ' ' + item.key);
    const count = changed.size;
    if (!count) return;
    for (const entry of changed) {
      const key = entry.slice(entry.indexOf(' ') + 1);
      const row = all('tbody[data-key]').find((each) => each.dataset.key === key);
      if (row) one('tr', row).classList.add('marked');
    }
    tell(count === 1 ? '1 change,' : count + ' changes,', page);
  };
  const state = (on) => {
    isOn = on;
    if (!live) return;
    if (on) {
      lost = 0;
      live.textContent = '● live';
    } else if (!lost) {
      lost = Date.now();
      setTimeout(() => {
        if (lost) live.textContent = '○ not live since ' + new Date(lost).toTimeString().slice(0, 5);
      }, 10000);
    }
  };
  const listen = (environment) => {
    const source = sources[environment] = new EventSource('/ui/' + environment + '/events?at=' + at[environment]);
    const on = (name, does) => source.addEventListener(name, ({ data }) => does(data && JSON.parse(data)));
    const tellState = (on) => { state(on); say({ on }); };
    on('ready', () => tellState(true));
    on('change', ({ items, commit }) => { note(environment, items || [], commit); say({ environment, items, commit }); });
    on('reset', ({ commit }) => { at[environment] = commit; tell('The branch was rewritten,', page); });
    on('error', () => {
      tellState(false);
      // What was refused is not tried again by itself.
      if (source.readyState === 2) setTimeout(listen, 5000, environment);
    });
  };
  if (environments.length && 'EventSource' in window) {
    const open = () => new Promise((release) => {
      sources = {};
      environments.forEach(listen);
      addEventListener('pagehide', () => { Object.values(sources).forEach((source) => source.close()); release(); }, { once: true });
    });
    tabs?.addEventListener('message', ({ data }) => {
      if (data.ask) return sources && say({ on: isOn, at });
      if ('on' in data) state(data.on);
      if (data.environment in at) note(data.environment, data.items || [], data.commit);
      for (const environment of environments) {
        const commit = data.at?.[environment] || at[environment];
        if (commit !== at[environment]) tell('What is shown has changed,', page);
        at[environment] = commit;
      }
    });
    if (navigator.locks && tabs) {
      say({ ask: true });
      navigator.locks.request('terrace-live-' + environments.join('-'), open);
    } else open();
    addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  }

  // A text is checked while it is typed.
  const text = one('textarea[data-check]');
  const checked = one('#checked');
  if (text && checked) {
    let timer;
    let turn = 0;
    const check = async () => {
      const mine = ++turn;
      const answer = await fetch(text.dataset.check, {
        method: 'POST', body: text.value, headers: { 'Content-Type': 'application/yaml' },
      });
      if (mine !== turn) return;
      const found = answer.ok ? (await answer.json()).findings : null;
      checked.replaceChildren();
      if (!found) throw answer;
      if (!found.length) { checked.textContent = '✓ nothing found'; return; }
      const list = make('ul', { className: 'findings' });
      for (const finding of found) {
        const line = make('li', { className: 's-' + finding.severity });
        const kind = make('strong', { textContent: finding.severity });
        const where = finding.line ? ' line ' + finding.line + ', column ' + finding.column + ': ' : ' ';
        line.append(kind, where, finding.message);
        list.append(line);
      }
      checked.append(list);
    };
    text.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => check().catch(() => { checked.textContent = 'could not be checked'; }), 150);
    });
  }

  // What was typed is not lost by a slip.
  const form = one('form.edit, form.promotion');
  if (form) {
    let touched = false;
    form.addEventListener('input', () => { touched = true; });
    form.addEventListener('submit', () => { touched = false; });
    addEventListener('beforeunload', (event) => { if (touched) event.preventDefault(); });
  }

  // A promotion says what is still to be decided; a whole change is taken or left at once.
  const promotion = one('form.promotion');
  const decided = one('#decided');
  if (promotion) {
    const count = () => {
      const groups = new Map();
      for (const radio of all('input[type=radio]', promotion)) {
        groups.set(radio.name, groups.get(radio.name) || (radio.checked && radio.value));
      }
      const values = [...groups.values()];
      const open = values.filter((value) => !value).length;
      if (!decided) return;
      const taken = values.filter((value) => /take|set/.test(value)).length + +decided.dataset.whole;
      decided.textContent = (open ? open + ' to decide first · ' : '') + taken + ' to write';
      one('.go', promotion).disabled = !!open;
    };
    for (const group of all('.group', promotion)) {
      if (all('.choice-line', group).length < 2) continue;
      const line = make('div', { className: 'actions' });
      for (const [value, name] of [['take', 'take all of it'], ['keep', 'leave all of it']]) {
        const button = make('button', { type: 'button', textContent: name });
        button.addEventListener('click', () => {
          for (const radio of all('input[type=radio][value=' + value + ']', group)) radio.checked = true;
          count();
        });
        line.append(button);
      }
      one('legend', group).after(line);
    }
    promotion.addEventListener('change', count);
    count();
  }

  // Keys.
  const help = () => one('dialog').showModal();
  const button = one('#help');
  if (button) button.hidden = false;
  button?.addEventListener('click', help);
  const rows = () => all('.matrix tbody tr, .items tbody tr, a.row').filter((row) => row.cells || !row.closest('tr'));
  const move = (by, across) => {
    const list = rows();
    const at = list.findIndex((row) => row.contains(here()));
    const row = list[at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, at + by))];
    if (!row) return;
    const cells = row.cells || [row];
    const column = at < 0 ? 0 : across + (here().closest('td, th')?.cellIndex || 0);
    const cell = cells[Math.max(0, Math.min(cells.length - 1, column))];
    const goal = one('a', cell) || cell;
    if (!goal.href) goal.tabIndex = -1;
    goal.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  };
  // The overview becomes a grid: one stop of Tab, in which arrows move.
  const grid = one('.matrix');
  const settle = () => {
    grid.setAttribute('role', 'grid');
    const lines = all('tbody tr', grid);
    const { first, items } = grid.dataset;
    lines.forEach((row, at) => row.setAttribute('aria-rowindex', +first + at + 2));
    grid.setAttribute('aria-rowcount', +items + lines.length - all('.item', grid).length + 1);
    stop(grid.contains(here()) ? here() : one('a', grid));
  };
  const stop = (goal) => {
    all('a, [tabindex="0"]', grid).forEach((each) => { each.tabIndex = -1; });
    goal.tabIndex = 0;
  };
  grid?.addEventListener('focusin', (event) => stop(event.target));
  if (grid) settle();
  // The item that a cell is of: the link in it, or the one at the top of its column.
  const item = () => {
    const cell = here().closest('.matrix td');
    return cell && one('a', one('tr', cell.closest('tbody')).cells[cell.cellIndex])?.href;
  };
  const edit = () => {
    const href = item();
    if (!href) return go('a.edit, a[href*="/edit/"]');
    const path = here().closest('.path')?.cells[0].textContent;
    location.assign(href.replace('/items/', '/edit/') + (path ? '?path=' + encodeURIComponent(path) : ''));
  };
  const promote = () => {
    const href = item();
    if (href && !href.includes('/ui/development/')) location.assign(href.replace('/items/', '/promote?key='));
    else go('a[href*="/promote"]');
  };
  const difference = (by) => {
    const list = all('.r, .differs th');
    const goal = list[list.indexOf(here()) + by] || list[by < 0 ? list.length - 1 : 0];
    if (!goal) return;
    goal.tabIndex = 0;
    goal.focus();
  };
  const go = (what) => (one(what, here().closest('tr, tbody') || body) || one(what))?.click();
  let before = '';
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, dialog')) {
      if (event.key === 'Escape' && !event.target.closest('dialog')) event.target.blur();
      return;
    }
    const was = before;
    before = event.key;
    if (was === 'g' && 'dsp'.includes(event.key)) return one('.environments [data-go=' + event.key + ']')?.click();
    const by = { j: [1, 0], k: [-1, 0], h: [0, -1], l: [0, 1] }[event.key] || grid?.contains(here()) && {
      ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -9], End: [0, 9],
    }[event.key];
    const does = by ? () => move(...by) : {
      '/': () => (one('#filter') || one('#search'))?.focus(), '[': () => difference(-1), ']': () => difference(1),
      e: edit, p: promote, '?': help, Enter: !here().href && item() && (() => location.assign(item())),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
