// Keys, focus and saving without leaving the page. Everything works without it too, with plain forms.
(() => {
  "use strict";
  const REST = 400, AGAIN = 2000, SLOW = 300;
  const $ = (what, from = document) => from.querySelector(what);
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const form = () => $("#answer");
  let arrows = false, resting = null, trying = null, leaving = null, dirty = false, before = null;

  // Saving -------------------------------------------------------------------------------------------------

  function complete() {
    const chosen = $("[name=choice]:checked", form());
    return !(chosen && chosen.value === "na" && !$("[name=reason]:checked", form()));
  }

  // What a choice does was computed when the page came: it is shown at once, and taken back if the answer is not saved.
  function foretell(value) {
    const made = $(`#foretold template[data-choice="${value}"]`);
    if (!made) { takeBack(); return; }
    const parts = all("[data-for]", made.content.cloneNode(true)).map((part) => [document.getElementById(part.dataset.for), part]);
    if (!before) before = parts.map(([place]) => [place, [...place.childNodes]]);
    for (const [place, part] of parts) place.replaceChildren(...part.childNodes);
  }

  function takeBack() {
    for (const [place, nodes] of before || []) place.replaceChildren(...nodes);
    before = null;
  }

  function save() {
    clearTimeout(resting); clearTimeout(trying); resting = trying = null;
    if (!form() || !complete()) return;
    dirty = false;
    htmx.ajax("POST", form().getAttribute("action"), { source: form(), swap: "none", headers: { "X-In-Place": "1" } }).catch(() => {});
  }

  function later() { clearTimeout(resting); resting = setTimeout(save, REST); dirty = true; }

  function warn(text) {
    const place = $("#alert"), space = text.indexOf(" ");
    if (!place) return;
    const first = document.createElement("b");
    first.textContent = text.slice(0, space);
    place.replaceChildren(first, text.slice(space));
  }

  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.dataset.keys !== undefined) { localStorage.setItem("auditkit-keys", at.checked ? "on" : "off"); return; }
    const step = at.closest("form[data-step]");
    if (step && !at.closest(".ways")) { step.requestSubmit($("[name=do][value=save]", step)); return; }
    if (!form() || !form().contains(at)) return;
    dirty = true;
    if (at.closest("[data-group]") && at.type !== "radio") return;
    if (at.name === "choice") foretell(at.value);
    if (at.type === "radio") { arrows ? later() : save(); return; }
    save();
  });
  document.addEventListener("input", (event) => { if (form() && form().contains(event.target)) dirty = true; });
  document.addEventListener("focusout", (event) => {
    const group = event.target.closest("[data-group], #answers");
    if (group && dirty && !(event.relatedTarget && group.contains(event.relatedTarget)) && form() && form().contains(group)
        && !(event.relatedTarget && event.relatedTarget.closest("#answer button"))) save();
  });

  document.addEventListener("submit", () => { clearTimeout(resting); resting = null; });

  // Keys ---------------------------------------------------------------------------------------------------

  function next() { const at = $("[data-next]"); if (at) at.click(); }

  function pick(key) {
    const radio = $(`#answers [data-key="${key}"]`);
    if (!radio) return false;
    radio.focus();
    if (!radio.checked) { radio.checked = true; dirty = true; foretell(radio.value); if (complete()) save(); else { const first = $("[name=reason]"); if (first) first.focus(); } }
    return true;
  }

  function along(list, from, by) {
    const to = list[list.indexOf(from) + by];
    if (to) to.focus();
    return Boolean(to);
  }

  function alted(event) {
    const step = event.target.closest("[data-step]");
    if (step && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const button = $(`[value=${event.key === "ArrowUp" ? "up" : "down"}]`, step);
      if (!button.disabled) button.click();
      return true;
    }
    if (localStorage.getItem("auditkit-keys") === "off") return false;
    const at = { KeyN: "[data-next]", KeyP: "[data-back]", KeyZ: "#undo button" }[event.code];
    if (!at) return false;
    if (event.code === "KeyZ" && resting) { clearTimeout(resting); resting = null; }
    const found = $(at);
    if (found) found.click();
    return true;
  }

  function escaped(target) {
    const open = target.closest("details[open]");
    if (open) { open.open = false; $("summary", open).focus(); return true; }
    const clear = target.closest("#what-if") && $("#what-if .go a");
    if (clear) { clear.click(); return true; }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    arrows = event.key.startsWith("Arrow");
    if (event.altKey && !event.ctrlKey && !event.metaKey) { if (alted(event)) event.preventDefault(); return; }
    if (event.key === "Escape") { if (escaped(at)) event.preventDefault(); return; }
    if (event.key === "Enter" && event.ctrlKey && form() && form().contains(at)) { event.preventDefault(); next(); return; }
    if (event.ctrlKey || event.metaKey) return;
    if (at.closest(".steps") && arrows) {
      if (along(all(".steps a"), at.closest("a"), event.key === "ArrowUp" ? -1 : 1)) event.preventDefault();
      return;
    }
    if (at.type === "radio" && at.closest("#answers")) {
      if (event.key === "Enter") { event.preventDefault(); next(); }
      else if (/^[1-9dn]$/.test(event.key) && pick(event.key)) event.preventDefault();
    }
  });
  document.addEventListener("pointerdown", () => { arrows = false; });

  // More lines, printing -----------------------------------------------------------------------------------

  function renumbered(node, pattern, n) {
    for (const element of all("[name], [id], [for], [aria-describedby], [aria-labelledby]", node)) {
      for (const name of ["name", "id", "for", "aria-describedby", "aria-labelledby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(pattern, `$1${n}$2`));
      }
    }
  }

  function more(button) {
    if (button.dataset.more === "item") {
      const list = $("#items"), copy = $("#item-template").content.firstElementChild.cloneNode(true);
      renumbered(copy, /^((?:was:)?i[/.])\d+([/.])/, 1000 + list.children.length);
      list.append(copy);
      $("input", copy).focus();
      return;
    }
    const place = button.parentElement, copy = document.createElement("div");
    copy.className = "record";
    copy.append($("template", place).content.cloneNode(true));
    const last = all("[name]", copy)[0].name, number = last.match(/\/(\d+)\/[^/]+$/)[1];
    renumbered(copy, new RegExp(`^(.*[/.])${number}([/.][^/]+)$`), Number(number) + all(".record", place).length);
    button.before(copy);
    $("input, select, textarea", copy).focus();
  }

  document.addEventListener("click", (event) => {
    const more_ = event.target.closest("[data-more]");
    if (more_) more(more_);
    if (event.target.closest("[data-print]")) window.print();
  });

  // Pages --------------------------------------------------------------------------------------------------

  function settled() {
    clearTimeout(resting); clearTimeout(trying); resting = trying = null;
    const page = $("#page"), wanted = page.dataset.focus, question = $("#question");
    let at = wanted && wanted !== "answer" ? document.getElementById(wanted) : null;
    if (wanted === "answer" && form() && form().dataset.kind !== "list") at = $("#answers [name=choice]:checked") || $("#answers input");
    const kept = document.activeElement;
    if (kept && kept !== document.body && kept.id && kept !== question && page.contains(kept)) { dirty = false; before = null; arranged(); return; }
    (at || question || page).focus({ preventScroll: true });
    const top = $(".brief") && getComputedStyle($(".brief")).display !== "none" ? $(".brief") : $("#page");
    if (!at) { const y = top === page ? 0 : top.offsetTop; if (window.scrollY > y) window.scrollTo(0, top === page ? 0 : Math.min(y, window.scrollY)); }
    else at.scrollIntoView({ block: "nearest" });
    dirty = false; before = null;
    arranged();
  }

  function arranged() {
    const map = $(".map.many .steps"), first = map && $(".asked-first", map);
    if (first) map.scrollTop = first.offsetTop - map.clientHeight / 3;
    const keys = $("[data-keys]");
    if (keys) keys.checked = localStorage.getItem("auditkit-keys") !== "off";
  }

  // Parts that are loaded or saved in place also name the page as their target: only a new page moves the focus.
  let shown = null;
  document.addEventListener("htmx:afterSettle", () => {
    if ($("#page") !== shown) { shown = $("#page"); settled(); }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const button = $(".go .main");
    if (!button || event.detail.elt !== form()) return;
    clearTimeout(leaving);
    leaving = setTimeout(() => { button.dataset.words = button.dataset.words || button.textContent; button.textContent = "Saving"; }, SLOW);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    clearTimeout(leaving);
    if (event.detail.elt === form() && event.detail.successful) before = null;
    const button = $(".go .main[data-words]");
    if (button) { button.textContent = button.dataset.words; delete button.dataset.words; }
  });
  document.addEventListener("htmx:sendError", () => {
    takeBack();
    warn("Not saved: the sitting does not answer. What you typed is still on this page; it is tried again.");
    clearTimeout(trying);
    trying = setTimeout(() => { if (form()) save(); }, AGAIN);
  });
  document.addEventListener("htmx:responseError", (event) => {
    takeBack();
    const status = event.detail.xhr.status;
    if (status === 403) warn("Not saved: the sitting was started anew. Open the address that it printed; what you typed is still on this page.");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 403 || event.detail.xhr.status === 404 || event.detail.xhr.status === 413 || event.detail.xhr.status >= 500 && !/id="(page|alert)"/.test(event.detail.xhr.responseText)) event.detail.shouldSwap = false;
  });
  document.addEventListener("DOMContentLoaded", () => { shown = $("#page"); arranged(); });
})();
