// Opens rows in place, moves by keys, tells of changes, and checks a text while it is typed.
// Everything else works without it.
'use strict';
(() => {
  const one = (what, from = document) => from.querySelector(what);
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const body = document.body;
  const news = one('#news');

  const tell = (text, link) => {
    if (!news) return;
    const line = document.createElement('p');
    line.append(text);
    if (link) {
      const show = document.createElement('a');
      show.href = link;
      show.textContent = 'show';
      line.append(' ', show);
    }
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
      return;
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
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('.matrix a.row');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    toggle(link).catch(() => location.assign(link.href));
  });

  // Live: changes are counted and told, and move nothing.
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('terrace') : null;
  const live = one('#live');
  const environments = (body.dataset.live || '').split(' ').filter(Boolean);
  const changed = new Set();
  let lost = 0;
  const note = (environment, items) => {
    for (const item of items) changed.add(environment + ' ' + item.key);
    const count = changed.size;
    if (!count) return;
    for (const entry of changed) {
      const key = entry.slice(entry.indexOf(' ') + 1);
      const row = all('tbody[data-key]').find((each) => each.dataset.key === key);
      if (row) one('tr', row).classList.add('marked');
    }
    tell(count === 1 ? '1 change,' : count + ' changes,', location.href.split('#')[0]);
  };
  const state = (environment, isOn) => {
    if (!live) return;
    if (isOn) {
      lost = 0;
      live.textContent = '● live';
    } else if (!lost) {
      lost = Date.now();
      setTimeout(() => {
        if (lost) live.textContent = '○ not live since ' + new Date(lost).toTimeString().slice(0, 5);
      }, 10000);
    }
  };
  const listen = () => environments.map((environment) => {
    const source = new EventSource('/ui/' + environment + '/events');
    source.addEventListener('ready', () => { state(environment, true); tabs?.postMessage({ on: true }); });
    source.addEventListener('change', (event) => {
      const items = JSON.parse(event.data).items || [];
      note(environment, items);
      tabs?.postMessage({ environment, items });
    });
    source.addEventListener('reset', () => tell('The branch was rewritten,', location.href));
    source.addEventListener('error', () => { state(environment, false); tabs?.postMessage({ on: false }); });
    return source;
  });
  if (environments.length && 'EventSource' in window) {
    const open = () => new Promise((release) => {
      const sources = listen();
      addEventListener('pagehide', () => { sources.forEach((source) => source.close()); release(); }, { once: true });
    });
    tabs?.addEventListener('message', ({ data }) => {
      if ('on' in data) state('', data.on); else if (environments.includes(data.environment)) note(data.environment, data.items);
    });
    // One tab listens for all of them.
    if (navigator.locks && tabs) {
      if (live) live.textContent = '● live';
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
      if (!found) { checked.textContent = 'could not be checked'; return; }
      if (!found.length) { checked.textContent = '✓ nothing found'; return; }
      const list = document.createElement('ul');
      list.className = 'findings';
      for (const finding of found) {
        const line = document.createElement('li');
        line.className = 's-' + finding.severity;
        const kind = document.createElement('strong');
        kind.textContent = finding.severity;
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
  if (promotion) {
    const decided = one('#decided');
    const count = () => {
      const groups = new Map();
      for (const radio of all('input[type=radio]', promotion)) {
        groups.set(radio.name, groups.get(radio.name) || (radio.checked && radio.value));
      }
      const values = [...groups.values()];
      const open = values.filter((value) => !value).length;
      const taken = values.filter((value) => value === 'take' || value === 'set').length;
      if (decided) decided.textContent = (open ? open + ' to decide · ' : '') + taken + ' to write';
    };
    for (const group of all('.group', promotion)) {
      if (all('.choice-line', group).length < 2) continue;
      const line = document.createElement('div');
      line.className = 'actions';
      for (const [value, name] of [['take', 'take all of it'], ['keep', 'leave all of it']]) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = name;
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
  const keys = [
    ['/', 'filter'], ['j k', 'next, previous row'], ['h l', 'cell to the left, right'], ['Enter', 'open'],
    ['e', 'edit'], ['p', 'promote'], ['[ ]', 'previous, next difference'],
    ['g d, g s, g p', 'the same screen in development, staging, production'], ['?', 'this help'], ['Esc', 'back'],
  ];
  const help = () => {
    let dialog = one('dialog');
    if (!dialog) {
      dialog = document.createElement('dialog');
      dialog.setAttribute('aria-label', 'Keyboard');
      const table = document.createElement('table');
      for (const [key, does] of keys) {
        const row = table.insertRow();
        const kbd = document.createElement('kbd');
        kbd.textContent = key;
        row.insertCell().append(kbd);
        row.insertCell().textContent = does;
      }
      const close = document.createElement('button');
      close.textContent = 'Close';
      close.addEventListener('click', () => dialog.close());
      dialog.append(table, close);
      body.append(dialog);
    }
    const back = document.activeElement;
    dialog.addEventListener('close', () => back?.focus(), { once: true });
    dialog.showModal();
  };
  const button = one('#help');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', help);
  }
  const rows = () => all('.matrix tr:has(a), .matrix tr.path, .items tbody tr, a.row').filter((row) => row.matches('tr') || !row.closest('tr'));
  const step = (by) => {
    const list = rows();
    const here = list.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
    const row = list[Math.max(0, Math.min(list.length - 1, here < 0 ? 0 : here + by))];
    if (!row) return;
    const goal = row.matches('a') ? row : one('a', row) || row;
    if (goal === row && !row.matches('a')) row.tabIndex = -1;
    goal.focus();
    row.scrollIntoView({ block: 'nearest' });
  };
  const across = (by) => {
    const links = all('a', document.activeElement.closest('tr') || body);
    const at = links.indexOf(document.activeElement);
    links[at + by]?.focus();
  };
  const difference = (by) => {
    const list = all('.r');
    const here = list.findIndex((each) => each.tabIndex === 0 && each === document.activeElement);
    const goal = list[here + by] || list[by < 0 ? list.length - 1 : 0];
    if (!goal) return;
    goal.tabIndex = 0;
    goal.focus();
  };
  const go = (what) => { const link = one(what, document.activeElement.closest('tr, tbody') || body) || one(what); if (link) link.click(); };
  let before = '';
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, dialog')) {
      if (event.key === 'Escape' && !event.target.closest('dialog')) event.target.blur();
      return;
    }
    const was = before;
    before = event.key;
    if (was === 'g' && 'dsp'.includes(event.key)) {
      const link = one('.environments [data-go=' + event.key + ']');
      if (link) location.assign(link.href);
      return;
    }
    const does = {
      '/': () => (one('#filter') || one('#search'))?.focus(), j: () => step(1), k: () => step(-1),
      h: () => across(-1), l: () => across(1), '[': () => difference(-1), ']': () => difference(1),
      e: () => go('a.edit, a[href*="/edit/"]'), p: () => go('a[href*="/promote"]'), '?': help,
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
