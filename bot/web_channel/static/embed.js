// A town's own site shows a button to the chat with one line:
//   <script async src="https://huying.example/chat/embed.js" data-label="反映问题"></script>
// The chat opens in a window of its own, so that its cookie stays its own, nothing of it can be
// framed or clicked through, and it works where a site forbids foreign frames. Without this
// script a plain link to /chat does the same.

(() => {
  const own = document.currentScript;
  const chat = new URL("/chat", own.src);
  const link = document.createElement("a");
  link.href = chat.href;
  link.target = "huying-chat";
  link.rel = "noopener";
  link.textContent = own.dataset.label || "反映问题";
  link.setAttribute("part", "button");
  link.addEventListener("click", (event) => {
    if (matchMedia("(max-width: 40rem)").matches) return; // a phone opens a page, not a window
    const opened = open(link.href, "huying-chat", "popup,width=420,height=720");
    if (opened) {
      event.preventDefault();
      opened.opener = null;
    }
  });
  // In a shadow of its own: the site's styles do not reach in, ours do not leak out.
  const host = document.createElement("huying-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    a { position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; padding: .75rem 1.25rem;
        border-radius: 999px; background: #1b5a86; color: #fff; text-decoration: none;
        font: 600 1rem/1.25 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif;
        box-shadow: 0 2px 10px rgb(0 0 0 / .3); }
    a:hover { background: #14456a; }
    a:focus-visible { outline: 3px solid #f2b544; outline-offset: 2px; }
    @media (prefers-color-scheme: dark) { a { background: #8cc4ea; color: #0d1a24; } }
    @media print { a { display: none; } }
  `);
  shadow.adoptedStyleSheets = [style];
  shadow.append(link);
  const place = () => document.body.append(host);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
