// The console's script: live views, times that count, keys. Every page works without it.
(() => {
  'use strict';
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const meta = name => $(`meta[name="${name}"]`)?.content ?? '';
  const view = $('#view');
  const fresh = $('#fresh');
  const token = meta('form-token');
  const typing = () => /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '') && document.activeElement.type !== 'checkbox';

  // --- Time: the node's, not that of this machine.
  let skew = Number($('#clock').dataset.now) - Date.now();
  const now = () => Date.now() + skew;
  const two = n => String(n).padStart(2, '0');
  const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
  const span = ms => {
    const s = Math.max(0, Math.floor(ms / 1000)), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min ${s % 60} s` : `${s} s`;
  };
  const tick = () => {
    const at = new Date(now());
    $('#clock').textContent = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}Z`;
    $('#dtg').textContent = `${two(at.getUTCDate())}${two(at.getUTCHours())}${two(at.getUTCMinutes())}Z ${months[at.getUTCMonth()]} ${two(at.getUTCFullYear() % 100)}`;
    for (const time of $$('time[data-style="ago"]')) time.textContent = span(now() - Number(time.dataset.at));
    if (live) judge();
  };

  // --- Live: the server sends the view again; only what differs is touched, and nothing that somebody is at.
  const keyOf = node => node.nodeType === 1 ? node.getAttribute('id') || node.getAttribute('data-row') || '' : '' /* not node.id: a form with a field of that name says the field */;
  const blank = node => node.nodeType === 3 && !node.nodeValue.trim();
  const keeps = (old, name) => (old.tagName === 'DETAILS' && name === 'open') || name === 'aria-selected'
    || (/^(INPUT|SELECT|TEXTAREA|OPTION)$/.test(old.tagName) && (name === 'value' || name === 'checked' || name === 'selected') && old.dataset.touched);
  const patch = (old, next) => {
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || (old.nodeType === 1 && keyOf(old) !== keyOf(next))) { old.replaceWith(next); return; }
    if (old.nodeType !== 1) { if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue; return; }
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !keeps(old, name) && name !== 'data-touched') old.removeAttribute(name);
    for (const { name, value } of [...next.attributes]) if (old.getAttribute(name) !== value && !keeps(old, name)) old.setAttribute(name, value);
    if (old.classList.contains('plot')) return;
    const known = new Map([...old.children].filter(keyOf).map(child => [keyOf(child), child]));
    const wanted = new Set([...next.children].map(keyOf));
    let at = old.firstChild;
    const skip = () => { while (at && blank(at)) at = at.nextSibling; };
    const drop = () => { const following = at.nextSibling; at.remove(); at = following; skip(); };
    for (const child of [...next.childNodes].filter(c => !blank(c))) {
      skip();
      const same = child.nodeType === 1 && keyOf(child) && known.get(keyOf(child));
      if (same) {
        // An element that is moved loses the focus in it: what stands in its way goes first.
        while (at && at !== same && !(at.nodeType === 1 && keyOf(at) && wanted.has(keyOf(at)))) drop();
        if (at === same) at = at.nextSibling; else old.insertBefore(same, at);
        patch(same, child);
      } else if (at && !keyOf(child) && !keyOf(at)) { const following = at.nextSibling; patch(at, child); at = following; }
      else old.insertBefore(child, at);
    }
    skip();
    while (at) drop();
  };
  const fill = root => { for (const field of $$('input[name="__RequestVerificationToken"]', root)) field.value = token; };
  const show = picture => {
    skew = picture.at - Date.now();
    const count = $('.alarmcount');
    if (count.dataset.count !== String(picture.alarms)) { count.dataset.count = picture.alarms; count.textContent = picture.alarms === 1 ? '1 alarm' : `${picture.alarms} alarms`; }
    const next = document.createElement('div');
    next.innerHTML = picture.html;
    const focused = document.activeElement;
    const ghost = view.cloneNode(false);
    ghost.replaceChildren(...next.childNodes);
    patch(view, ghost);
    if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    fill(view);
    for (const id of ['banner', 'foot-banner']) { const box = $('#' + id); if (box.dataset.html !== picture.banner) { box.innerHTML = picture.banner; box.dataset.html = picture.banner; } }
    draw();
    mark();
  };
  const live = view.dataset.live;
  let seen = 0, source = null, lost = 0;
  const judge = () => {
    const age = seen ? Date.now() - seen : 0;
    const state = !seen ? 'page' : age < 5000 ? 'live' : 'stale';
    const text = state === 'live' ? 'live' : state === 'stale' ? `stale for ${span(age)}` : 'connecting';
    if (fresh.dataset.state !== state || fresh.textContent !== text) { fresh.dataset.state = state; fresh.textContent = text; }
    if (seen && age > 6000 && Date.now() - lost > 6000) { lost = Date.now(); elsewhere(); }
  };
  const watch = () => {
    source?.close();
    source = new EventSource(live);
    source.addEventListener('view', event => { seen = Date.now(); show(JSON.parse(event.data)); judge(); });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(watch, 3000); };
  };
  // This node says nothing: the next one that answers shows the same page.
  const elsewhere = async () => {
    for (const other of meta('consoles').split(' ').filter(c => c && new URL(c).origin !== location.origin)) {
      try {
        await fetch(other + '/assets/icon.svg', { mode: 'no-cors', signal: AbortSignal.timeout(2000) });
        location.assign(other.replace(/\/$/, '') + location.pathname + location.search);
        return;
      } catch { /* that one is lost as well */ }
    }
    if (source?.readyState === EventSource.CLOSED) watch();
  };

  // --- Charts.
  const plots = new Map();
  const draw = () => {
    for (const figure of $$('.chart[data-chart]')) {
      const { names, data } = JSON.parse(figure.dataset.chart), box = $('.plot', figure);
      if (typeof uPlot === 'undefined' || !data[0].length) continue;
      const known = plots.get(figure.id);
      if (known && known.root.isConnected) { known.setData(data); continue; }
      const colours = ['#2f7fd6', '#2e9e5b', '#d0473f', '#b0761a'];
      const axis = { stroke: getComputedStyle(figure).color, grid: { stroke: '#8884', width: 1 } };
      plots.set(figure.id, new uPlot({
        width: Math.max(300, box.clientWidth), height: 180, tzDate: ts => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'), legend: { show: false }, cursor: { show: false },
        series: [{}, ...names.map((label, i) => ({ label, stroke: colours[i % colours.length], width: 2 }))], axes: [{ ...axis, values: (u, times) => times.map(t => `${two(new Date(t * 1e3).getUTCHours())}:${two(new Date(t * 1e3).getUTCMinutes())}Z`) }, axis], scales: { y: { range: (u, low, high) => [0, Math.max(1, high)] } },
      }, data, box));
    }
  };

  // --- Keys.
  const rows = () => $$('[data-row]').filter(r => r.dataset.row);
  let chosen = null;
  const mark = () => { for (const row of rows()) row.ariaSelected = row.dataset.row === chosen ? 'true' : null; };
  const move = by => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex(r => r.dataset.row === chosen), next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
    chosen = next.dataset.row;
    mark();
    next.scrollIntoView({ block: 'nearest' });
    $('a', next)?.focus({ preventScroll: true });
  };
  const act = key => {
    const fold = $(`details.act[data-key="${CSS.escape(key)}"]`);
    if (fold) { fold.open = true; ($('[data-reason]', fold) ?? $('input:not([type=hidden]),button', fold))?.focus(); return true; }
    const button = $(`.bulk button[data-key="${CSS.escape(key)}"]`);
    if (!button) return false;
    const row = rows().find(r => r.dataset.row === chosen);
    if (row && !$('input[name="id"]:checked')) { const box = $('input[name="id"]', row); if (box) { box.checked = true; box.dataset.touched = '1'; } }
    const reason = $('.bulk [data-reason]');
    reason.focus();
    reason.dataset.verb = key;
    return true;
  };
  let prefix = '';
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') { document.activeElement?.blur(); $$('details.act[open]').forEach(d => { d.open = false; }); prefix = ''; return; }
    if (event.key === 'Enter' && event.target.matches?.('.bulk [data-reason]')) {
      event.preventDefault();
      const button = event.target.dataset.verb && $(`.bulk button[data-key="${CSS.escape(event.target.dataset.verb)}"]`);
      if (button && event.target.value.trim()) button.form.requestSubmit(button);
      return;
    }
    if (typing()) return;
    if (prefix === 'g') { prefix = ''; const to = $(`nav a[data-key="${CSS.escape(event.key)}"]`); if (to) { event.preventDefault(); to.click(); } return; }
    switch (event.key) {
      case 'g': prefix = 'g'; break;
      case '/': { const filter = $('#q, [data-filter]'); if (filter) { event.preventDefault(); filter.focus(); filter.select?.(); } break; }
      case 'j': case 'ArrowDown': if (rows().length) { event.preventDefault(); move(1); } break;
      case 'k': case 'ArrowUp': if (rows().length) { event.preventDefault(); move(-1); } break;
      case 'x': { const row = rows().find(r => r.dataset.row === chosen), box = row && $('input[name="id"]', row); if (box) { box.checked = !box.checked; box.dataset.touched = '1'; break; } if (act('x')) event.preventDefault(); break; }
      case '?': event.preventDefault(); help(); break;
      default: if (event.key.length === 1 && act(event.key)) event.preventDefault();
    }
  });
  document.addEventListener('input', event => { if (event.target.dataset) event.target.dataset.touched = '1'; });
  const help = () => {
    let box = $('#keys');
    if (!box) {
      box = document.createElement('dialog');
      box.id = 'keys';
      box.setAttribute('aria-label', 'Keys');
      const list = document.createElement('dl');
      list.className = 'facts';
      const line = (key, text) => { const dt = document.createElement('dt'), dd = document.createElement('dd'); dt.textContent = key; dd.textContent = text; list.append(dt, dd); };
      line('g and a letter', 'go to a page: ' + $$('nav a[data-key]').map(a => `${a.dataset.key} ${a.firstChild.textContent.trim()}`).join(', '));
      line('j k', 'next and previous row'); line('Enter', 'open it'); line('x', 'choose it'); line('/', 'to the filter');
      line('a letter on a button', 'that act: type the reason, then Enter'); line('Esc', 'leave'); line('?', 'this');
      const form = document.createElement('form'), button = document.createElement('button');
      form.method = 'dialog'; button.textContent = 'Close'; form.append(button);
      box.append(list, form);
      document.body.append(box);
    }
    box.showModal();
  };

  // --- The bar.
  const theme = $('#theme');
  theme.hidden = false;
  theme.addEventListener('click', () => {
    const root = document.documentElement, dark = root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
    root.dataset.theme = dark ? 'light' : 'dark';
    try { localStorage.setItem('theme', root.dataset.theme); } catch { /* for this page only */ }
  });
  $('#help').hidden = false;
  $('#help').addEventListener('click', help);
  for (const button of $$('[data-copy]')) { button.hidden = false; button.addEventListener('click', () => navigator.clipboard?.writeText($('#' + button.dataset.copy).textContent)); }

  draw();
  tick();
  setInterval(tick, 1000);
  if (live) watch();
})();
