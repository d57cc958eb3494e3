// Before anything is drawn, so that nothing flashes.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
    if (new URLSearchParams(location.search).get('wall') === '1') root.dataset.wall = '1';
  } catch { /* no storage: as the system has it */ }
  root.dataset.script = '1';
})();
