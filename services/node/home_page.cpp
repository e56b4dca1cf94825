#include <services/node/home_page.hpp>

namespace services::node {

namespace {

constexpr const char* page = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>actors node</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2a7de1; --bad: #c8372d; --good: #2c8a4b; }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 4rem; }
  h1 { font-size: 1.6rem; margin: 0; }
  h2 { font-size: 1.1rem; margin: 2.25rem 0 .75rem; }
  header { align-items: baseline; display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; justify-content: space-between; }
  .health { display: flex; flex-wrap: wrap; gap: .4rem; }
  .health span { border-radius: 1rem; border: 1px solid var(--line); display: inline-block; font-size: .85rem; padding: .1rem .7rem; }
  .health span::before { content: "●"; margin-right: .4rem; color: var(--good); }
  .health span.bad::before { color: var(--bad); }
  form { background: var(--soft); border: 1px solid var(--line); border-radius: .6rem; display: grid; gap: .9rem; padding: 1.1rem; }
  form div { display: flex; flex-wrap: wrap; gap: .9rem; }
  label { display: grid; flex: 1 1 8rem; font-size: .85rem; gap: .25rem; }
  label.wide { flex-basis: 100%; }
  input { background: Canvas; border: 1px solid var(--line); border-radius: .4rem; color: CanvasText; font: inherit; min-width: 0; padding: .45rem .6rem; }
  button { background: var(--accent); border: 0; border-radius: .4rem; color: #fff; cursor: pointer; font: inherit; padding: .5rem 1.1rem; }
  button.plain { background: none; border: 1px solid var(--line); color: inherit; font-size: .85rem; padding: .15rem .7rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid var(--line); padding: .5rem .6rem; text-align: left; vertical-align: top; }
  th { font-size: .8rem; font-weight: 600; opacity: .75; }
  td.n, th.n { font-variant-numeric: tabular-nums; text-align: right; }
  td.url { max-width: 22rem; overflow-wrap: anywhere; }
  .error { color: var(--bad); }
  .none { opacity: .65; }
</style>
</head>
<body>
<header>
  <h1>actors node</h1>
  <div class="health" id="health" aria-live="polite"></div>
</header>

<h2>Start a crawl</h2>
<form id="form">
  <div>
    <label class="wide">Address
      <input name="url" placeholder="http://example.org/" required autocomplete="url">
    </label>
  </div>
  <div>
    <label>Most pages <input name="max_pages" type="number" min="1" placeholder="no limit"></label>
    <label>Depth <input name="depth" type="number" min="0" placeholder="no limit"></label>
    <label>Requests at once <input name="concurrency" type="number" min="1" value="8"></label>
    <label>Requests a second <input name="rate" type="number" min="0" step="any" placeholder="no limit"></label>
  </div>
  <div><button>Start</button></div>
  <div class="error" id="problem" role="alert" hidden></div>
</form>

<h2>Crawls</h2>
<div class="scroll">
<table>
  <thead><tr><th>Address</th><th>State</th><th class="n">Pages</th><th class="n">Errors</th><th class="n">Queued</th><th>Results</th><th></th></tr></thead>
  <tbody id="crawls"><tr><td colspan="7" class="none">None yet</td></tr></tbody>
</table>
</div>

<script>
const el = id => document.getElementById(id);
const cell = (text, kind) => { const td = document.createElement('td'); td.textContent = text; if (kind) td.className = kind; return td; };

async function showHealth() {
  const box = el('health');
  try {
    const report = await (await fetch('/health')).json();
    box.replaceChildren(...Object.entries(report.components).map(([name, state]) => {
      const span = document.createElement('span');
      span.textContent = name;
      span.title = state.detail;
      span.className = state.good ? '' : 'bad';
      return span;
    }));
  } catch {
    const span = document.createElement('span');
    span.className = 'bad';
    span.textContent = 'no answer';
    box.replaceChildren(span);
  }
}

async function showCrawls() {
  let crawls;
  try { crawls = (await (await fetch('/scraper/crawls')).json()).crawls; } catch { return; }
  if (!crawls.length) return;
  el('crawls').replaceChildren(...crawls.reverse().map(crawl => {
    const row = document.createElement('tr');
    const state = cell(crawl.error ? `${crawl.state}: ${crawl.error}` : crawl.state, crawl.error ? 'error' : '');
    row.append(cell(crawl.urls.join(' '), 'url'), state, cell(crawl.pages.toLocaleString(), 'n'), cell(crawl.errors.toLocaleString(), 'n'), cell(crawl.queued.toLocaleString(), 'n'));
    const results = document.createElement('td');
    const link = document.createElement('a');
    link.href = `/scraper/crawls/${crawl.id}/pages`;
    link.textContent = crawl.db.split('/').pop();
    results.append(link);
    row.append(results);
    const action = document.createElement('td');
    if (crawl.state === 'running') {
      const stop = document.createElement('button');
      stop.className = 'plain';
      stop.textContent = 'Stop';
      stop.onclick = async () => { await fetch(`/scraper/crawls/${crawl.id}`, { method: 'DELETE' }); showCrawls(); };
      action.append(stop);
    }
    row.append(action);
    return row;
  }));
}

el('form').onsubmit = async event => {
  event.preventDefault();
  const data = new FormData(event.target);
  const order = { urls: [data.get('url')] };
  for (const name of ['max_pages', 'depth', 'concurrency', 'rate'])
    if (data.get(name)) order[name] = Number(data.get(name));
  const answer = await fetch('/scraper/crawls', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(order) });
  const problem = el('problem');
  problem.textContent = answer.ok ? '' : (await answer.json()).error;
  problem.hidden = answer.ok;
  showCrawls();
};

showHealth();
showCrawls();
setInterval(showHealth, 5000);
setInterval(showCrawls, 1000);
</script>
</body>
</html>
)html";

} // namespace

actors::http::response home_page() {
  actors::http::response response{actors::http::status::ok, page, "text/html; charset=utf-8"};
  response.set("Cache-Control", "no-cache");
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'");
  return response;
}

} // namespace services::node
